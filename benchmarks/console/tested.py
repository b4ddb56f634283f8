"""An A/B test of the endpoint that is looked at, as it stands after many looks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from benchmarks.console.size import NAME, VERSIONS
from flyball.control.abtests import analysing, services
from flyball.control.abtests.asking import Arm, Asked, Guard
from flyball.control.abtests.counting.accumulating import add, summed
from flyball.control.abtests.models import ABTest, Look
from flyball.control.abtests.spec import Judged, of_document
from flyball.control.abtests.strata import CHAMPION

CHALLENGERS = (VERSIONS - 1, VERSIONS - 2)
UNITS = 5_000
"""Of each arm."""
LATENCY = 0.0002
"""Seconds."""


def start() -> ABTest:
    """Two challengers and five metrics, looked at as often as looks are kept."""
    asked = Asked(
        challengers=[Arm(number) for number in CHALLENGERS],
        share=0.3,
        metric="outcome",
        secondary=["accuracy", "roc_auc", "log_loss"],
        guardrails=[Guard("latency_p99", 0.01)],
        within=3600.0,
    )
    test = services.start(endpoint=NAME, asked=asked).test
    chance = np.random.default_rng(7)
    for arm in (CHAMPION, *map(str, CHALLENGERS)):
        add(test, "", 0, arm, {"units": UNITS, "predictions": 2 * UNITS})
        for metric in of_document(test.spec).metrics:
            counted = {"mature": UNITS, "known": UNITS, **summed(metric.shape, _pairs(metric, chance))}
            add(test, metric.name, 0, arm, counted)
    analysing.look(test=test)
    looked(test)
    return test


def looked(test: ABTest) -> None:
    """Looks before the only one that there is, each with wider intervals than the next."""
    last = Look.objects.get(test=test)
    rows = []
    for ago in range(1, analysing.LOOKS):
        part = 1 - ago / analysing.LOOKS
        document = {**last.document, "exposed": int(last.document["exposed"] * part)}
        document["readings"] = [_wider(each, part**-0.5) for each in last.document["readings"]]
        rows.append(Look(test=test, at=last.at - timedelta(minutes=20 * ago), document=document))
    Look.objects.bulk_create(rows)


def _pairs(metric: Judged, chance: np.random.Generator) -> list[tuple[float, float]]:
    yes = chance.random(UNITS) < 0.2
    if metric.shape == "latency":
        return [(LATENCY * float(each), 0.0) for each in chance.lognormal(0.0, 0.5, UNITS)]
    if metric.shape == "auc":
        scores = np.clip(0.4 + 0.2 * yes + 0.2 * chance.standard_normal(UNITS), 0.0, 1.0)
        return list(zip(scores.tolist(), yes.astype(float).tolist(), strict=True))
    return [(float(each), 1.0) for each in yes]


def _wider(reading: dict[str, Any], by: float) -> dict[str, Any]:
    middle = reading["estimate"]
    bounds = {
        name: None if reading[name] is None else middle + by * (reading[name] - middle)
        for name in ("lower", "upper")
    }
    return {**reading, **bounds}
