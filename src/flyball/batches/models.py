"""Batches, and the chunks that each is cut into."""

from __future__ import annotations

import msgspec
from django.conf import settings
from django.db import models

from flyball.batches.formats import format_of
from flyball.batches.options import Options
from flyball.control.declarations.models import endpoint_key
from flyball.control.jobs.models import Job
from flyball.domain.records import now


class Upload(models.Model):
    """A file that was sent here for a batch. Its folder has a name that is ours, whatever its own is."""

    endpoint = endpoint_key("batch_uploads")
    key = models.CharField(max_length=32, unique=True, help_text="The name of its folder.")
    name = models.CharField(max_length=255, help_text="What it was called where it came from.")
    bytes = models.PositiveBigIntegerField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField(default=now, db_index=True)

    class Meta:
        db_table = "flyball_batch_upload"
        ordering = ["-id"]

    @property
    def ending(self) -> str:
        """How its name ends, which tells its format."""
        known = format_of(self.name)
        assert known is not None  # noqa: S101 - others are refused
        return known.ending

    def __str__(self) -> str:
        return f"upload {self.pk} of {self.endpoint_id}"


class Batch(models.Model):
    """A file that one version answers. It outlives its job.

    ``version`` and ``route`` are settled when it is asked for: whatever is promoted meanwhile, all of its
    rows are answered by the same version, and decided by the same threshold.
    """

    endpoint = endpoint_key("batches")
    version = models.PositiveIntegerField()
    route = models.PositiveIntegerField(help_text="The revision by which it decides and looks up.")
    source = models.TextField(help_text="Where the rows are.")
    out = models.TextField(help_text="Where the answers go; a folder, where it ends with a slash.")
    options = models.JSONField(default=dict)
    plan = models.JSONField(default=dict, help_text="What was found of the rows; empty until they are cut.")
    counts = models.JSONField(default=dict, help_text="Rows, answered and rejected; empty until it is done.")
    upload = models.ForeignKey(Upload, models.SET_NULL, null=True, related_name="batches")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="batches")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flyball_batch"
        ordering = ["-id"]
        verbose_name_plural = "batches"
        indexes = [models.Index(fields=["endpoint", "id"], name="flyball_batch_newest")]

    @property
    def wanted(self) -> Options:
        """Its options."""
        return msgspec.convert(self.options, Options)

    def __str__(self) -> str:
        return f"batch {self.pk} of {self.endpoint_id}@{self.version}"


class BatchChunk(models.Model):
    """Some thousand rows of a batch, one after the other: a kill costs those that are not written yet.

    ``start`` is how many rows are before it. Gone with the end of its batch.
    """

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    start = models.PositiveBigIntegerField()
    rows = models.PositiveIntegerField()
    claimant = models.CharField(max_length=127, blank=True, help_text="Who answers it, or has.")
    begun_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    rejected = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "flyball_batch_chunk"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="flyball_batch_chunk_once")]
        indexes = [models.Index(fields=["batch", "done_at", "number"], name="flyball_batch_chunk_open")]

    def __str__(self) -> str:
        return f"chunk {self.number} of batch {self.batch_id}"
