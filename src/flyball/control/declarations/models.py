"""The endpoint: the noun that snapshots, builds, versions and routes hang on."""

from __future__ import annotations

from django.db import models

from flyball.control.accounts.models import Team


class Endpoint(models.Model):
    """An endpoint that has been applied. Others refer to it by its name, which never changes.

    A retired endpoint answers no more; its rows stay.
    """

    name = models.CharField(max_length=63, unique=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="endpoints")
    task = models.CharField(max_length=32)
    description = models.TextField(blank=True)
    applied_at = models.DateTimeField(auto_now=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flyball_endpoint"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def endpoint_key(related_name: str) -> models.ForeignKey[Endpoint, Endpoint]:
    """A foreign key to an endpoint, kept as its name: the data plane reads these tables without a join."""
    return models.ForeignKey(
        Endpoint, models.PROTECT, to_field="name", db_column="endpoint", related_name=related_name
    )
