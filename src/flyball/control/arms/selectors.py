"""Reads: how often each arm answered, and how often it did not."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from flyball.control.routing.models import Minute
from flyball.stores.minutes import minute_of

NAMES = ("answers", "failed", "fell_back", "refused")


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of what one version was asked as one arm.

    ``answers`` and ``fell_back`` are rows: those that it answered, and those that it failed or was too late
    for, and that the fallback answered. ``failed`` and ``refused`` are calls that ended with an error.
    """

    answers: int = 0
    failed: int = 0
    fell_back: int = 0
    refused: int = 0

    @property
    def failures(self) -> int:
        """How often it gave no answer, whether callers saw it or not."""
        return self.failed + self.fell_back


def failures_by_arm(
    endpoint: str, since: datetime, until: datetime | None = None
) -> dict[tuple[int, str], Tried]:
    """By version and the name of the arm, since the minute that a moment is in; one query.

    ``until`` is a moment whose minute does not count any more. What the fallback answered stands under its
    own version, and the arm that the row was assigned to.
    """
    counted = Minute.objects.filter(endpoint=endpoint, minute__gte=minute_of(since), name__in=NAMES)
    if until is not None:
        counted = counted.filter(minute__lt=minute_of(until))
    rows = counted.exclude(version=0).values_list("version", "arm", "name")
    found: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for version, arm, name, count in rows.annotate(sum=Sum("count")).order_by():
        found[version, arm][name] += count
    return {of: Tried(**counts) for of, counts in found.items()}
