"""The stage of a version follows from its arms; and whether it may take over from the champion unasked."""

from __future__ import annotations

import math
from collections.abc import Iterable

STAGES = (
    ("champion", "production"),
    ("challenger", "ab_testing"),
    ("canary", "ab_testing"),
    ("fallback", "fallback"),
    ("shadow", "staging"),
)


def stage(arms: Iterable[str], *, archived: bool = False) -> str:
    """The stage for the names of the arms a version has now: its most exposed arm decides."""
    held = set(arms)
    for arm, name in STAGES:
        if arm in held:
            return name
    return "archived" if archived else "testing"


def is_worse(score: float | None, champion: float | None) -> bool:
    """Whether a version scores below the champion on the same rows; larger scores are better.

    A score that is not known lies below one that is. Where the champion's is not known, nothing is said.
    """
    return champion is not None and (score is None or score < champion)


def is_better(score: float | None, champion: float | None) -> bool:
    """Whether a version scores above the champion on the same rows; both scores must be known.

    A difference in the last digits is none: two runtimes add in another order.
    """
    if score is None or champion is None:
        return False
    return score > champion and not math.isclose(score, champion, rel_tol=1e-9, abs_tol=1e-12)
