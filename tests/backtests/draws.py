"""Simulated tests of two arms that decide otherwise, where it is known what a third version would bring."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from flyball.control.backtests.counts import Counts
from flyball.control.backtests.estimating import estimates
from flyball.control.backtests.rows import Table
from flyball.control.backtests.subject import Subject

SHARE = 0.3
"""Of the challenger."""


def simulated(rng: np.random.Generator, units: int, *, recurring: bool, truth: bool = False) -> Table | float:
    """Rows of a test as a backtest keeps them; or the mean outcome under the third version's decisions.

    The champion admits above 0, the challenger above -0.7, and the third as the challenger in the west, else
    as the champion. Being admitted helps the more, the iller somebody is. Rows of a unit share arm and luck.
    """
    sizes = rng.geometric(0.3, units) if recurring else np.ones(units, dtype=int)
    unit = np.repeat(np.arange(units), sizes)
    score = rng.normal(size=len(unit)) + (rng.normal(size=units)[unit] if recurring else 0.0)
    luck = rng.normal(size=units)[unit]
    west = rng.random(len(unit)) < 0.5
    champion, challenger = score > 0, score > -0.7
    third = np.where(west, challenger, champion)
    drawn = (rng.random(units) < SHARE)[unit]
    done = np.where(drawn, challenger, champion)
    if truth:
        return float(_ill(score, third, luck).mean())
    reward = (rng.random(len(unit)) < _ill(score, done, luck)).astype(float)
    chance = np.where(champion == challenger, 1.0, np.where(drawn, SHARE, 1 - SHARE))
    return {
        "reward": reward,
        "chance": chance,
        "is_same": (third == done).astype(float),
        "is_covered": np.ones(len(unit)),
        "done": done.astype(np.uint64),
        "would": third.astype(np.uint64),
        "score": score,
        "unit": unit.astype(np.uint64),
        "draw": np.zeros(len(unit), dtype=np.uint64),
    }


def _ill(score: Any, admitted: Any, luck: Any) -> Any:
    return 1 / (1 + np.exp(-(score + luck - 1.0 - np.where(admitted, 0.8 + 0.5 * score, 0.0))))


def estimated(table: Table) -> dict[str, Any]:
    """What is estimated from such rows."""
    counts = Counts(drawn=len(table["reward"]))
    return estimates(table, counts, subject())


def subject(**changed: Any) -> Subject:
    """As much of a subject as estimates look at."""
    known = {"observed_when": None, "decision": object(), "is_labelled": True, "positive": "ill", **changed}
    return cast(Subject, type("Known", (), known)())
