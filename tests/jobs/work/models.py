"""What jobs leave behind."""

from __future__ import annotations

from django.db import models


class Effect(models.Model):
    """A row for each time that a job was done."""

    job = models.UUIDField()

    def __str__(self) -> str:
        return str(self.job)
