"""What people have written on the card of a version, each change a row of its own."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from flyball.control.declarations.models import endpoint_key
from flyball.domain.records import now

LONGEST = 10_000
"""Characters of each part."""


class Card(models.Model):
    """One revision of what is written on a version's card. Never changed: a change is the next revision."""

    endpoint = endpoint_key("cards")
    version = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(help_text="From 1.")
    intended_use = models.TextField(blank=True)
    limits = models.TextField(blank=True)
    owners = models.TextField(blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=now)

    class Meta:
        db_table = "flyball_card"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "version", "revision"], name="flyball_card_revision_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id}@{self.version}, card revision {self.revision}"
