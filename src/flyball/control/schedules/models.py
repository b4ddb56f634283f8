"""Schedules of endpoints, and their runs: a row for each due moment."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from flyball.control.declarations.models import endpoint_key
from flyball.control.jobs.models import Job
from flyball.domain.records import now
from flyball.domain.schedules import LONGEST_TIMES


class Schedule(models.Model):
    """When a job of an endpoint is asked for, again and again.

    ``next_due_at`` is the next moment that no dispatcher has made a run of; null while it is paused or fails.
    """

    endpoint = endpoint_key("schedules")
    name = models.CharField(max_length=63)
    kind = models.CharField(max_length=63)
    arguments = models.JSONField(default=dict)
    times = models.CharField(max_length=LONGEST_TIMES)
    timezone = models.CharField(max_length=63, help_text="A name of the IANA's, such as Europe/Berlin.")
    is_declared = models.BooleanField(default=False, help_text="Then apply changes it and takes it out.")
    paused_at = models.DateTimeField(null=True)
    next_due_at = models.DateTimeField(null=True)
    last_due_at = models.DateTimeField(null=True, help_text="Of its last run.")
    fault = models.TextField(blank=True, help_text="Why it makes no runs.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)

    class Meta:
        db_table = "flyball_schedule"
        ordering = ["endpoint", "name"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "name"], name="flyball_schedule_name_once")
        ]
        indexes = [
            # Every dispatcher looks four times a second.
            models.Index(fields=["next_due_at"], name="flyball_schedule_due")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.endpoint_id}"


class ScheduledRun(models.Model):
    """What came of one due moment: a job of its own, or the one that was still under way.

    It goes with its job, once that is pruned.
    """

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="runs")
    due_at = models.DateTimeField()
    job = models.ForeignKey(Job, models.CASCADE, related_name="+")
    is_joined = models.BooleanField(default=False, help_text="The job is that of an earlier run.")
    skipped = models.PositiveIntegerField(default=0, help_text="Earlier due moments that it stands for too.")

    class Meta:
        db_table = "flyball_scheduled_run"
        ordering = ["-due_at"]
        constraints = [
            # What makes one job of each due moment, however many dispatchers look.
            models.UniqueConstraint(fields=["schedule", "due_at"], name="flyball_scheduled_run_once"),
            models.UniqueConstraint(
                fields=["job"], condition=models.Q(is_joined=False), name="flyball_scheduled_run_job_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} at {self.due_at}"
