"""Simulations that do not fit one metric of one challenger: splits, many metrics, late labels, references."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np

from benchmarks.abtests.running import SPLITS, chunks, interval
from benchmarks.abtests.worlds import Normal, Rate, Revenue, World
from flyball.domain.abtests import claims, split
from flyball.domain.abtests.betting import Betting
from flyball.domain.abtests.claims import Metric
from flyball.domain.abtests.maturity import cohort
from flyball.domain.abtests.moments import Moments, Numbers, of_counts
from flyball.domain.abtests.split import Assigned, mismatch

MANY: tuple[tuple[Metric, World], ...] = (
    (Metric("bought", "primary"), Rate(250, 0.2)),
    (Metric("revenue", "secondary"), Revenue(250, 1.0)),
    (Metric("rating", "secondary"), Normal(250)),
    (Metric("errors", "guardrail", better="lower"), Rate(250, 0.02)),
    (Metric("returns", "guardrail", better="lower"), Rate(250, 0.05)),
    (Metric("seconds", "guardrail", better="lower"), Normal(250)),
)


@dataclass(frozen=True)
class Delayed(Rate):
    """A rate whose labels come late: a positive one anywhere in its time, a negative one when that ends.

    A challenger's positives come twice as fast. Time is counted in units that arrive.
    """

    within = 500.0

    def draw(self, rng: np.random.Generator, challenger: Any, base: Numbers, lift: float) -> Numbers:
        positive = super().draw(rng, challenger, base, lift)
        waits = rng.random(challenger.shape) * self.within / np.where(challenger, 2.0, 1.0)
        return np.stack([positive, np.where(positive > 0, waits, self.within)], -1)

    def moments(self, arm: Any, values: Numbers) -> Moments:
        """At the look at which the last unit is mature: each unit in the order of exposure, none sooner."""
        exposed = np.arange(values.shape[1], dtype=np.float64)
        kept = cohort(exposed, exposed + values[..., 1], exposed[-1] + self.within, self.within)
        here = arm & kept.mature & kept.known
        units = here.astype(np.float64)
        return of_counts(np.cumsum(units, 1), np.cumsum(units * values[..., 0], 1))


def _split_found(share: float, units: int, tests: int, seed: int) -> float:
    """How often units that fall so are found not to fall evenly, looked at at each of them."""
    rng = np.random.default_rng(seed)
    found = 0
    for _ in range(0, tests, 2):
        challenger = np.cumsum(rng.random((2, units)) < share, 1).astype(np.float64)
        both = np.stack([challenger, np.arange(1.0, units + 1) - challenger], -1)
        found += int((mismatch([Assigned(both, (0.5, 0.5))]) >= -math.log(split.LEVEL)).any(1).sum())
    return found / (2 * len(range(0, tests, 2)))


def sound_split(tests: int, seed: int) -> float:
    """Five times as many tests: what is looked for is rare."""
    return _split_found(0.5, 20_000, 5 * tests, seed)


def three_arms(tests: int, seed: int) -> float:
    """Looked at every 20 units; five times as many tests."""
    tests *= 5
    rng = np.random.default_rng(seed)
    found = np.zeros(tests, dtype=bool)
    kept: list[Assigned] = []
    for shares in ((0.8, 0.1, 0.1), (0.4, 0.3, 0.3)):
        steps = rng.multinomial(20, shares, (tests, 250)).astype(np.float64)
        units = np.cumsum(steps, 1)
        now = Assigned(units, shares)
        found |= (mismatch([*kept, now]) >= -math.log(split.LEVEL)).any(1)
        kept.append(Assigned(units[:, -1:], shares))
    return float(found.mean())


def on_predictions(tests: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    arm = rng.random((tests, 5000)) < 0.5
    asked = np.ceil(np.exp(1.5 * rng.standard_normal(arm.shape)))
    both = np.stack([np.cumsum(asked * arm, 1), np.cumsum(asked * ~arm, 1)], -1)
    return float((mismatch([Assigned(both, (0.5, 0.5))]) >= -math.log(split.LEVEL)).any(1).mean())


def many(tests: int, seed: int) -> float:
    """Units bring all metrics at once; arms are a third each; looked at every time."""
    level = claims.levels(0.01, [metric for metric, _ in MANY], 2)
    rng = np.random.default_rng(seed)
    wrong = 0
    for _ in range(0, tests, 4):
        arm = rng.integers(0, 3, (4, 7500))
        shown: dict[int, Any] = {1: False, 2: False}
        for metric, world in MANY:
            values = world.draw(rng, np.zeros_like(arm, dtype=bool), np.ones(arm.shape[1]), 0.0)
            champion = world.moments(arm == 0, values)
            for each in shown:
                evidence = world.evidence([(world.moments(arm == each, values), champion)])
                found = interval(world, evidence, level[metric.name])
                claimed = claims.better(metric, found) & (metric.role != "guardrail")
                claimed |= claims.worse(metric, found)
                # A secondary metric is claimed only beside a claim on the primary, which is wrong already.
                shown[each] = shown[each] | (claimed.any(1) & (metric.role != "secondary"))
        wrong += int((shown[1] | shown[2]).sum())
    return wrong / (4 * len(range(0, tests, 4)))


def bets(tests: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    arm, event = rng.random((tests, 1000)) < 0.5, rng.random((tests, 1000)) < 0.2
    pair = (
        of_counts(np.cumsum(arm, 1).astype(np.float64), np.cumsum(arm & event, 1).astype(np.float64)),
        of_counts(np.cumsum(~arm, 1).astype(np.float64), np.cumsum(~arm & event, 1).astype(np.float64)),
    )
    won = Betting(0.01).logarithm([pair])(np.asarray(0.0))
    return float((won >= -math.log(0.01)).any(1).mean())


def usual_test(tests: int, seed: int, level: float) -> float:
    """The usual test at every look: the difference in its own standard deviations, no mixture."""
    world, found, bound = Normal(375), 0, NormalDist().inv_cdf(1 - level / 2)
    for challengers, _ in chunks(world, SPLITS[0], tests, seed, 0.0, 15_000):
        (strata,) = challengers[0]
        evidence = world.evidence(strata)
        far = np.abs(evidence.score) > bound * np.sqrt(evidence.variance)
        found += int((far & (evidence.events >= 10)).any(1).sum())
    return found / tests


@dataclass(frozen=True)
class Estimated:
    """The mean of estimates over tests, and its standard error."""

    mean: float
    error: float


LATE_EFFECT = 0.05


def late_estimates(tests: int, seed: int) -> tuple[Estimated, Estimated]:
    """Estimates half-way through the arrivals of a test with late labels: of the mature cohort, and of all
    labels that have arrived."""
    world, rng, units = Delayed(375, 0.2), np.random.default_rng(seed), 1000
    arm = rng.random((tests, units)) < 0.5
    values = world.draw(rng, arm, np.ones(units), LATE_EFFECT)
    exposed = np.arange(units, dtype=np.float64)
    outcome, now = exposed + values[..., 1], float(units)
    kept = cohort(exposed, outcome, now, world.within)
    mature, arrived = (
        _difference(values[..., 0], arm, here) for here in (kept.mature & kept.known, outcome <= now)
    )
    return mature, arrived


def _difference(values: Numbers, arm: Any, here: Any) -> Estimated:
    rates = [(values * (side & here)).sum(1) / (side & here).sum(1) for side in (arm, ~arm)]
    found = rates[0] - rates[1]
    return Estimated(float(found.mean()), float(found.std()) / math.sqrt(len(found)))


@dataclass(frozen=True)
class Goal:
    """What is measured by ``measure(tests, seed)``, and its bound."""

    name: str
    measure: Callable[[int, int], float]
    bound: float
    at_most: bool = True


GOALS = (
    Goal("a split of 51.5/48.5 found in 50,000 units", partial(_split_found, 0.515, 50_000), 0.99, False),
    Goal("a split of 51/49 found in 120,000 units", partial(_split_found, 0.51, 120_000), 0.99, False),
    Goal("a sound split called broken, 20,000 units", sound_split, 0.001),
    Goal("a sound split of 80/10/10, then 40/30/30, called broken", three_arms, 0.001),
    Goal("two challengers, one primary, two secondary, three guardrail metrics: any false claim", many, 0.01),
    Goal("rate 0.2 by betting, 100 units planned, 1 % level: wrong", bets, 0.01),
)


def compared(tests: int, seed: int) -> list[list[str]]:
    """What shows what goes wrong otherwise."""
    usual = {level: f"{100 * usual_test(tests, seed, level):.1f} %" for level in (0.05, 0.01)}
    wrong = f"{100 * on_predictions(tests // 4, seed + 5):.1f} %"
    return [
        ["a z-test looked at every time, 5 % level: wrong", "", usual[0.05], ""],
        ["a z-test looked at every time, 1 % level: wrong", "", usual[0.01], ""],
        ["the split tested on predictions of heavy users: sound ones called broken", "", wrong, ""],
    ]
