"""What comes next of a test, in a sentence or two."""

from __future__ import annotations

from datetime import datetime, timedelta

from flyball.control.abtests.models import ABTest
from flyball.control.abtests.spec import Ramp, Spec
from flyball.control.abtests.strata import History
from flyball.control.routing import selectors as routing
from flyball.domain.abtests.sentences import period

LEAST = 30
"""Units that came first in a step before the next one."""
HELD = {
    "broken_split": "the split is broken",
    "missing_outcomes": "outcomes lack more often in one arm",
}
"""Verdicts with which no step is taken, in words."""


def next_sentence(test: ABTest, spec: Spec, found: History, units: int, moment: datetime) -> str:
    """What happens next, in a sentence or two. ``units`` are a canary's own in its present step."""
    if found.ended_at is not None:
        return _ended(test, found)
    since = found.strata[0].since
    if spec.ramp is not None:
        return _of_canary(spec.ramp, found, (test.verdict or {}).get("state", ""), units, moment)
    if spec.bandit is not None:
        each = period(timedelta(seconds=spec.bandit.every))
        return f"Shares follow what is seen, every {each}."
    if test.decided_at is not None and spec.action == "tell":
        return "The verdict is final. The test goes on until somebody stops it, or promotes a version."
    does = "is promoted" if spec.action == "promote" else "is told, and the test goes on until it is stopped"
    parts = []
    if moment < since + timedelta(seconds=spec.at_least):
        first = since + timedelta(seconds=spec.at_least)
        parts.append(f"No winner is named before {first:%Y-%m-%d %H:%M} UTC.")
    parts.append(f"A winner {does}.")
    if spec.at_most is not None:
        last = since + timedelta(seconds=spec.at_most)
        parts.append(f"The test is over on {last:%Y-%m-%d %H:%M} UTC.")
    return " ".join(parts)


def _ended(test: ABTest, found: History) -> str:
    """By which revision, and why, where the verdict does not say so already."""
    assert found.ended_by is not None  # noqa: S101 - only of tests that have ended
    reason = routing.revision(test.endpoint_id, found.ended_by).reason
    said = f"It ended with route revision {found.ended_by}."
    verdict = (test.verdict or {}).get("sentence")
    return said if verdict and verdict[:50] in reason else f"{said} The reason: {reason.rstrip('.')}."


def _of_canary(ramp: Ramp, history: History, state: str, units: int, moment: datetime) -> str:
    """What a canary waits for; ``state`` is the verdict's."""
    due = history.strata[-1].since + timedelta(seconds=ramp.each)
    if state in HELD:
        waits = f"No step is taken while {HELD[state]}."
    elif moment >= due and units < LEAST:
        waits = f"The next step waits for {LEAST} new units of the canary; {units} came first in this one."
    else:
        waits = f"Without harm, the next step comes by {due:%Y-%m-%d %H:%M} UTC."
    return f"{waits} Harm sends the canary back."
