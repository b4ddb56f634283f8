"""Verdicts and looks as JSON: what pages, commands and revisions show of a test."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from flyball.domain.abtests.claims import Metric
from flyball.domain.abtests.sequences import Interval
from flyball.domain.abtests.verdict import Summary, Verdict


def document_of(verdict: Verdict) -> dict[str, Any]:
    """A verdict, its intervals as sentences."""
    return {**asdict(verdict), "intervals": list(verdict.intervals)}


def look_of(summary: Summary, verdict: Verdict) -> dict[str, Any]:
    """What one look saw, in numbers; a bound that says nothing is null."""
    return {
        "state": verdict.state,
        "running": summary.running.total_seconds(),
        "exposed": summary.exposed,
        "mature": summary.mature,
        "mismatch": float(summary.mismatch),
        "readings": [
            {
                "arm": each.name,
                "metric": reading.metric.name,
                **interval_of(reading.interval, reading.metric),
            }
            for each in summary.challengers
            for reading in each.readings
        ],
    }


def interval_of(interval: Interval, metric: Metric | None = None) -> dict[str, float | int | None]:
    """An interval's three numbers; of a one-sided metric without the bound that it does not ask for.

    ``ahead`` is 1 where the difference is shown to be above 0, -1 where below, also before there are bounds.
    """
    numbers = {name: float(getattr(interval, name)) for name in ("estimate", "lower", "upper")}
    if metric is not None and metric.one_sided:
        numbers["lower" if metric.better == "lower" else "upper"] = math.inf
    known = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
    return {**known, "ahead": _ahead(interval)}


def _ahead(interval: Interval) -> int:
    return int(interval.lower > 0 or interval.ahead > 0) - int(interval.upper < 0 or interval.ahead < 0)
