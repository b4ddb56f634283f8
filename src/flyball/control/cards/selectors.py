"""Reads: what is written on a version's card."""

from __future__ import annotations

from django.db.models import QuerySet

from flyball.control.cards.models import Card
from flyball.control.registry.models import Version


def revisions(version: Version) -> QuerySet[Card]:
    """Everything that was ever written on a version's card, newest first."""
    own = Card.objects.filter(endpoint_id=version.endpoint_id, version=version.number)
    return own.select_related("changed_by").order_by("-revision")


def written(version: Version) -> Card | None:
    """What is written on a version's card now: the newest of its own, else of the version before it.

    What a model is for seldom changes with its numbers; whose card it was, the row says. ``None`` where
    nobody has written anything.
    """
    every = Card.objects.filter(endpoint_id=version.endpoint_id, version__lte=version.number)
    return every.select_related("changed_by").order_by("-version", "-revision").first()
