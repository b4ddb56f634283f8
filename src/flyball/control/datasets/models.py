"""Snapshots, and the online copies of feature tables that come from files."""

from __future__ import annotations

from django.db import models

from flyball.control.declarations.models import endpoint_key


class Snapshot(models.Model):
    """A frozen instance table. ``digest`` is the SHA-256 of its canonical content; the file is named by it.

    One content has one row for each endpoint: taken again unchanged, it is the same snapshot.
    """

    endpoint = endpoint_key("snapshots")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    row_count = models.PositiveBigIntegerField()
    outcome_count = models.PositiveBigIntegerField(help_text="Rows that are recorded predictions.")
    schema = models.JSONField()
    profile = models.JSONField(help_text="Per column: count, missing, quantiles or categories.")

    class Meta:
        db_table = "flyball_snapshot"
        constraints = [models.UniqueConstraint(fields=["endpoint", "digest"], name="flyball_snapshot_once")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.digest[:12]}"


class OnlineRow(models.Model):
    """The newest row of a file's feature table for one key, for lookups while predicting."""

    endpoint = models.CharField(max_length=63)
    feature_table = models.CharField(max_length=63)
    key = models.CharField(max_length=255)
    load = models.PositiveBigIntegerField(help_text="Rows of an earlier load have left the file.")
    values = models.JSONField()

    class Meta:
        db_table = "flyball_online_row"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "feature_table", "key"], name="flyball_online_row_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.endpoint}.{self.feature_table} {self.key}"
