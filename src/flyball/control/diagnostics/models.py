"""Diagnoses of versions, each on the rows that one build held out."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from flyball.control.declarations.models import endpoint_key
from flyball.control.jobs.models import Job
from flyball.domain.records import now


class Diagnosis(models.Model):
    """A version asked about held-out rows. It outlives its job, and goes with its version.

    The snapshot and the seed name the rows: those that a build with both holds out. Diagnoses of the same
    rows can be laid over each other.
    """

    endpoint = endpoint_key("diagnoses")
    version = models.PositiveIntegerField()
    on = models.PositiveIntegerField(help_text="The version whose build has held the rows out.")
    snapshot = models.CharField(max_length=64, help_text="SHA-256 of the snapshot's content.")
    seed = models.BigIntegerField()
    found = models.JSONField(default=dict, help_text="Tables by name; empty until it is done.")
    seconds = models.FloatField(null=True, help_text="How long computing them took.")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="diagnoses")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flyball_diagnosis"
        ordering = ["-id"]
        verbose_name_plural = "diagnoses"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "version", "snapshot", "seed"], name="flyball_diagnosis_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id}@{self.version}"
