"""Revisions of a route over time: how long each was in force, as parts of a band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flyball.control.routing.models import RouteRevision
from flyball.control.routing.selectors import champion_of
from flyball.domain.records import now

WIDE = 1000
"""The width of the band, in its own units."""
COLOURS = 5
"""Champions that follow each other have different ones; what each is stands beside it."""


def colour(version: int) -> int:
    """Which of the colours a version has, wherever it is drawn."""
    return (version - 1) % COLOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One revision and how long it was in force. ``until`` is ``None`` where it still is.

    ``place`` and ``width`` are its part of the band; ``others`` are the arms beside the champion.
    """

    revision: RouteRevision
    champion: int
    others: Sequence[Any]
    until: datetime | None
    lasted: timedelta
    share: float
    place: float
    width: float

    @property
    def colour(self) -> int:
        """Which of the band's colours it has."""
        return colour(self.champion)

    @property
    def percent(self) -> str:
        """Its part of the time that is shown."""
        return f"{self.share:.0%}" if self.share >= 0.01 else "under 1%"


def timeline(revisions: Sequence[RouteRevision], until: datetime | None = None) -> list[Span]:
    """Revisions, newest first, with how long each was in force; ``until`` is when the newest one ended."""
    end = until or now()
    first = revisions[-1].created_at if revisions else end
    whole = max((end - first).total_seconds(), 1e-6)
    spans = []
    for place, each in enumerate(revisions):
        ended = revisions[place - 1].created_at if place else until
        lasted = max((ended or end) - each.created_at, timedelta())  # clocks of two machines may differ
        share = lasted.total_seconds() / whole
        arms = each.document["arms"]
        spans.append(
            Span(
                revision=each,
                champion=champion_of(arms),
                others=[arm for arm in arms if arm["name"] != "champion"],
                until=ended,
                lasted=lasted,
                share=share,
                place=max((each.created_at - first).total_seconds(), 0) / whole * WIDE,
                width=max(share * WIDE, 1),
            )
        )
    return spans
