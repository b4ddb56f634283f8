"""Uploaded files, what was answered of them, and which column was which field the last time."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from flyball.control.declarations.models import endpoint_key
from flyball.control.jobs.models import Job
from flyball.domain.records import now


class Upload(models.Model):
    """A file that somebody has answered, theirs alone. It goes with its job."""

    endpoint = endpoint_key("uploads")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="Bytes, as they were announced.")
    arrived = models.PositiveBigIntegerField(default=0, help_text="Bytes that have arrived.")
    encoding = models.CharField(max_length=16, default="utf-8")
    decimal = models.CharField(max_length=8, blank=True, help_text="What sets off a fraction, once said.")
    places = models.JSONField(default=list, help_text="For each column its field, or nothing.")
    language = models.CharField(max_length=8, default="en", help_text="Of the reasons for rows left out.")
    job = models.ForeignKey(Job, models.CASCADE, null=True, related_name="uploads")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    uploaded_at = models.DateTimeField(default=now)

    class Meta:
        db_table = "flyball_upload"
        ordering = ["-id"]
        indexes = [models.Index(fields=["endpoint", "uploaded_by", "id"], name="flyball_upload_own")]

    def __str__(self) -> str:
        return f"upload {self.pk} for {self.endpoint_id}"


class UploadPart(models.Model):
    """Some of a file's bytes, until its job has ended."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        db_table = "flyball_upload_part"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="flyball_upload_part_once")]

    def __str__(self) -> str:
        return f"part {self.number} of upload {self.upload_id}"


class UploadAnswers(models.Model):
    """What became of some hundred rows: ids of predictions, and reasons; the values are the predictions'."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="answers")
    number = models.PositiveIntegerField()
    answered = models.JSONField(help_text="Pairs of a row's number and its prediction's id.")
    rejected = models.JSONField(help_text="Row number, field and reason of those that were left out.")

    class Meta:
        db_table = "flyball_upload_answers"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="flyball_upload_answers_once")
        ]

    def __str__(self) -> str:
        return f"answers {self.number} of upload {self.upload_id}"


class KnownColumns(models.Model):
    """Which field each column of somebody's files was the last time, by the column's name."""

    endpoint = endpoint_key("known_columns")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    fields = models.JSONField(default=dict)

    class Meta:
        db_table = "flyball_known_columns"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "user"], name="flyball_known_columns_once")
        ]

    def __str__(self) -> str:
        return f"columns of user {self.user_id} for {self.endpoint_id}"


class AskLink(models.Model):
    """A page of one endpoint for people without an account; ``origins`` are the sites that may embed it."""

    endpoint = endpoint_key("ask_links")
    origins = models.JSONField(default=list, help_text="Such as https://www.example.org; none: no site may.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flyball_ask_link"
        ordering = ["-id"]
        indexes = [models.Index(fields=["endpoint", "id"], name="flyball_ask_link_newest")]

    def __str__(self) -> str:
        return f"link {self.pk} to {self.endpoint_id}"


class AskedMinute(models.Model):
    """How often people without an account asked within a minute: all together, or one address."""

    who = models.CharField(
        max_length=127, help_text="What is counted; an address as a digest of this minute."
    )
    minute = models.PositiveBigIntegerField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "flyball_asked_minute"
        constraints = [models.UniqueConstraint(fields=["who", "minute"], name="flyball_asked_minute_once")]

    def __str__(self) -> str:
        return f"{self.count} of {self.who}"
