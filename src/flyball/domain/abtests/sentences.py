"""What a verdict says in words: intervals first, then the claim, then how often such a claim is wrong."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from flyball.domain.abtests.claims import Metric
from flyball.domain.abtests.sequences import Interval


def interval_text(challenger: str, metric: Metric, interval: Interval) -> str:
    """``revenue of 8: +0.1 to +0.5 (estimate +0.3)``, or that there are too few events for bounds."""
    head = f"{metric.name} of {challenger}"
    lower, upper = float(interval.lower), float(interval.upper)
    if not np.isfinite([lower, upper]).any():
        return f"{head}: {unbounded(int(interval.ahead))}"
    if metric.one_sided:
        bound = f"at least {lower:+.3g}" if metric.better == "higher" else f"at most {upper:+.3g}"
        return f"{head}: {bound} (estimate {float(interval.estimate):+.3g})"
    return f"{head}: {lower:+.3g} to {upper:+.3g} (estimate {float(interval.estimate):+.3g})"


SIDES = {1: "above 0", -1: "below 0", 0: "too few events"}
"""What is said of a difference without bounds, by which arm is ahead."""


def unbounded(ahead: int) -> str:
    """The same in full."""
    return f"{SIDES[ahead]}, too few events to say how far" if ahead else f"{SIDES[ahead]} to say"


def claimed(challenger: str, metric: Metric, interval: Interval, what: str) -> str:
    """The interval, and what it shows. The estimate itself leans too far at a stop, and is not repeated."""
    shown = interval_text(challenger, metric, interval).partition(" (estimate")[0]
    return f"{shown}. Version {challenger} {what} in {metric.name}."


def error_rate(level: float) -> str:
    """How often one of the claims of a test is wrong."""
    return f"In at most {100 * level:g} % of tests is a claim like this wrong, however often one looks."


def cohort_text(exposed: int, mature: int) -> str:
    """Of whom metrics of outcomes speak."""
    return f"Outcomes are those of the {mature:,} of {exposed:,} units whose time for one is over."


def undecided(metric: Metric) -> str:
    """That nothing is shown."""
    return f"The test is undecided: no difference in {metric.name} is shown so far."


def period(time: timedelta) -> str:
    """``7 days``; of less than two days in hours."""
    hours = time / timedelta(hours=1)
    return f"{hours:g} hours" if hours < 48 else f"{hours / 24:g} days"
