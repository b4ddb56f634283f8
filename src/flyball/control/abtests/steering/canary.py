"""A canary's ramp: the next step once the present one had its time without harm."""

from __future__ import annotations

from datetime import datetime, timedelta

from flyball.control.abtests.judging.coming import HELD, LEAST
from flyball.control.abtests.spec import Ramp
from flyball.control.abtests.strata import History
from flyball.domain.abtests.verdict import Verdict


def next_share(ramp: Ramp, history: History, verdict: Verdict, units: int, moment: datetime) -> float | None:
    """The share that the canary has next; ``None`` while it stays. ``units`` are its own in this step."""
    if verdict.state in HELD or units < LEAST:
        return None
    newest = history.strata[-1]
    if moment - newest.since < timedelta(seconds=ramp.each):
        return None
    now = max((share for name, share in newest.shares.items() if name in history.challengers), default=0.0)
    return next((step for step in ramp.steps if step > now + 1e-9), None)
