"""Where one value stands among those that its version learned from: on their distribution, and in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from flyball.control.datasets.profiles import Profile, category_of, chosen, ends, share_below
from flyball.domain.schema import Kind
from flyball.domain.values import finite, parse_timestamp

MIDDLE = 0.5


@dataclass(frozen=True, slots=True)
class Stands:
    """``place`` goes from 0 (left) to 1 along the distribution; ``None`` is nowhere on it.

    ``share`` is the part of the values before it, of a category the part that has it too; ``how`` is
    ``missing``, ``unknown``, ``below``, ``above``, ``same`` (of a category), ``within`` or ``unsaid``.
    """

    how: str
    place: float | None = None
    share: float | None = None


def standing(profile: Profile, value: Any) -> Stands:
    """Where a value that was predicted from stands in its field's profile."""
    if value is None:
        return Stands("missing", share=profile.missing_share)
    if profile.kind in {Kind.CATEGORY, Kind.BOOLEAN}:
        return _among_categories(profile, value)
    if profile.kind == Kind.TIMESTAMP:
        return _among_moments(profile, value)
    if isinstance(value, str) != (profile.kind == Kind.TEXT):
        return Stands("unsaid")
    return _among_numbers(profile, value)


def _among_categories(profile: Profile, value: Any) -> Stands:
    wanted = category_of(value)
    if wanted not in profile.counts:
        is_known = wanted in profile.known or not profile.known
        return Stands("unsaid" if is_known else "unknown")
    drawn, parts = chosen(profile), len(profile.distribution)
    bar = drawn.index(wanted) if wanted in drawn else parts - 1
    whole = max(profile.count or 0, sum(profile.counts.values()), 1)
    return Stands("same", (bar + MIDDLE) / parts, profile.counts[wanted] / whole)


def _among_numbers(profile: Profile, value: Any) -> Stands:
    number = finite(len(value) if isinstance(value, str) else value)
    if number is None or profile.low is None or profile.high is None:
        return Stands("unsaid")
    how = "below" if number < profile.low else "above" if number > profile.high else "within"
    share = None
    if how == "within":  # the least of all is itself no higher than itself
        share = max(share_below(profile.quantiles, number), 1 / (profile.count or math.inf))
    return Stands(how, _between(number, *ends(profile)), share)


def _among_moments(profile: Profile, value: Any) -> Stands:
    try:
        first, moment, last = (
            parse_timestamp(str(each)).timestamp() for each in (profile.first, value, profile.last)
        )
    except (ValueError, OverflowError):
        return Stands("unsaid")
    how = "below" if moment < first else "above" if moment > last else "within"
    return Stands(how, _between(moment, first, last))


def _between(value: float, low: float, high: float) -> float:
    """Its place from 0 to 1. Halved first: the difference of two numbers may be more than a float holds."""
    width = high / 2 - low / 2
    if width <= 0:
        return MIDDLE if value == low else float(value > low)
    return min(1.0, max(0.0, (value / 2 - low / 2) / width))
