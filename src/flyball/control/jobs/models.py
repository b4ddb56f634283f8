"""Jobs: the row is the truth, a message only wakes a worker."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from flyball.control.accounts.models import Team
from flyball.control.declarations.models import Endpoint
from flyball.domain.records import now


class Job(models.Model):
    """Work that outlives a request.

    While it runs, only the worker that holds ``token`` writes: the token grows whenever somebody takes the
    job. A worker that lives renews ``lease_until``; once that has passed, the job is anybody's.
    """

    class Status(models.TextChoices):
        """How far a job is, or a build."""

        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=63)
    queue = models.CharField(max_length=63)
    arguments = models.JSONField(default=dict)
    team = models.ForeignKey(Team, models.PROTECT, related_name="jobs")
    endpoint: models.ForeignKey[Any, Any] = models.ForeignKey(
        Endpoint, models.PROTECT, to_field="name", db_column="endpoint", null=True, related_name="jobs"
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    due_at = models.DateTimeField(default=now)
    published_at = models.DateTimeField(null=True, help_text="When a worker was last woken for it.")
    progress = models.FloatField(null=True, help_text="From 0 to 1; null where nobody knows.")
    message = models.CharField(max_length=200, blank=True)
    log = models.TextField(blank=True, help_text="Its end: what is longer loses its beginning.")
    attempt = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(help_text="How often it is begun at most.")
    token = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict, help_text="Also what a job keeps for its next attempt.")
    error = models.TextField(blank=True)
    error_code = models.CharField(max_length=63, blank=True, help_text="As in docs/errors.md.")
    asked_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flyball_job"
        ordering = ["-id"]
        indexes = [
            # Workers look four times a second, among thousands that have ended.
            models.Index(fields=["status", "due_at"], name="flyball_job_due"),
            models.Index(fields=["endpoint", "id"], name="flyball_job_endpoint"),
            models.Index(fields=["endpoint", "kind", "id"], name="flyball_job_last"),
            models.Index(fields=["team", "id"], name="flyball_job_team"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
