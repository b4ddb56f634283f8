"""Drawings: what is to be drawn, and the SVG and PNG that came of it."""

from __future__ import annotations

from django.db import models

from flyball.control.declarations.models import endpoint_key
from flyball.control.jobs.models import Job
from flyball.domain.records import now


class Drawing(models.Model):
    """The newest drawing of one chart; ``digest`` is the SHA-256 of its document. It goes with its job."""

    endpoint = endpoint_key("drawings")
    subject = models.CharField(max_length=127, help_text="Which chart of what: builds/3/folds.")
    digest = models.CharField(max_length=64)
    document = models.TextField(help_text="The chart in the grammar Vega-Lite, as JSON.")
    svg = models.TextField(blank=True, help_text="Empty until it is drawn.")
    png = models.BinaryField(default=b"", help_text="The same in pixels.")
    job = models.ForeignKey(Job, models.CASCADE, related_name="drawings")
    asked_at = models.DateTimeField(default=now, help_text="What it shows is as of then.")

    class Meta:
        db_table = "flyball_drawing"
        constraints = [models.UniqueConstraint(fields=["endpoint", "subject"], name="flyball_drawing_once")]

    def __str__(self) -> str:
        return f"{self.endpoint_id}/{self.subject}"
