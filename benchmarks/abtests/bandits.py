"""Bandits in worlds that are kind and unkind: what they lose, and whether intervals hold the truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from flyball.domain.abtests.bandits import adaptive, offpolicy
from flyball.domain.abtests.bandits.adaptive import Periods
from flyball.domain.abtests.bandits.thompson import (
    Beliefs,
    affordable,
    chances,
    floored,
    lost,
    of_means,
    of_rates,
)
from flyball.domain.abtests.moments import Moments, Numbers, of_counts, of_sums
from flyball.domain.errors import InvalidInput

Belief = Callable[[Periods], Beliefs]
LEVEL = 0.05


def level_base(at: float) -> float:
    """No drift."""
    return 0.0


def wave(at: float) -> float:
    """A base rate that rises and falls by a half, twice."""
    return 0.5 * math.sin(4 * math.pi * at)


def rise(at: float) -> float:
    """A base rate that rises from a half to one and a half."""
    return at - 0.5


def pooled(periods: Periods) -> Beliefs:
    """Rates from all units of an arm, whenever they came."""
    units = periods.arms.units.sum(-2)
    return of_rates(units, (periods.arms.units * periods.arms.mean).sum(-2))


def pooled_means(periods: Periods) -> Beliefs:
    """The same for amounts."""
    arms = periods.arms
    units = arms.units.sum(-2)
    mean = (arms.units * arms.mean).sum(-2) / np.maximum(units, 1.0)
    squares = (arms.squares + arms.units * (arms.mean - mean[..., None, :]) ** 2).sum(-2)
    return of_means(Moments(units, mean, squares, np.zeros_like(units)))


@dataclass(frozen=True)
class Setting:
    """One world. ``base`` moves all arms by that part of the first one's mean; outcomes come ``late`` rounds
    after; where ``sigma`` is given, rates are those of buyers, whose amounts are log-normal."""

    name: str
    means: tuple[float, ...]
    base: Callable[[float], float] = level_base
    belief: Belief = pooled
    late: int = 0
    sigma: float | None = None
    rounds: int = 4000
    every: int = 100
    floor: float = 0.1
    budget: float = math.inf


@dataclass
class Played:
    """Some runs of one setting: their periods, the rates in them, and what was lost beside the best arm."""

    setting: Setting
    shares: list[Numbers] = field(default_factory=list)
    arms: list[Moments] = field(default_factory=list)
    moved: list[float] = field(default_factory=list)
    regret: Any = 0.0
    beside_champion: Any = 0.0

    @property
    def periods(self) -> Periods:
        return adaptive.stacked(self.shares, self.arms)


def play(setting: Setting, runs: int, seed: int) -> Played:
    """Shares change after every period, by the functions that a real bandit has."""
    rng, done = np.random.default_rng(seed), Played(setting)
    value = math.exp(setting.sigma**2 / 2) if setting.sigma is not None else 1.0
    means = np.array(setting.means) * value
    shares = np.full((runs, len(means)), 1.0 / len(means))
    for start in range(0, setting.rounds, setting.every):
        moved = setting.means[0] * setting.base((start + setting.every / 2) / setting.rounds)
        units = rng.multinomial(setting.every, shares)
        done.shares.append(shares)
        done.arms.append(_outcomes(setting, rng, units, np.array(setting.means) + moved))
        done.moved.append(moved * value)
        done.regret = done.regret + (units * (means.max() - means)).sum(1)
        done.beside_champion = done.beside_champion + (units * np.maximum(means[0] - means, 0.0)).sum(1)
        shares = _next(setting, done, shares)
    return done


def _outcomes(setting: Setting, rng: np.random.Generator, units: Any, rates: Numbers) -> Moments:
    events = rng.binomial(units, rates)
    if setting.sigma is None:
        return of_counts(units.astype(np.float64), events.astype(np.float64))
    amounts = np.exp(setting.sigma * rng.standard_normal(int(events.sum())))
    cell = np.repeat(np.arange(events.size), events.ravel())
    weighted = (np.bincount(cell, amounts**power, events.size) for power in (1, 2, 3))
    return of_sums(*(each.reshape(events.shape).astype(np.float64) for each in (units, *weighted)))


def _next(setting: Setting, done: Played, shares: Numbers) -> Numbers:
    mature = len(done.arms) - setting.late // setting.every
    if mature < 1:
        return shares
    beliefs = setting.belief(adaptive.stacked(done.shares[:mature], done.arms[:mature]))
    wanted = floored(chances(beliefs), setting.floor)
    if math.isinf(setting.budget):
        return wanted
    units = np.sum([each.units for each in done.arms], axis=0)
    left = setting.budget - lost(units, beliefs, 0)
    return affordable(wanted, beliefs, 0, setting.every, left)


SETTINGS = (
    Setting("rates 0.20 and 0.25", (0.20, 0.25)),
    Setting("the same, doubly robust beliefs", (0.20, 0.25), belief=adaptive.beliefs),
    Setting("the same, shares change every 20 rounds", (0.20, 0.25), every=20),
    Setting("the same, outcomes 500 rounds late", (0.20, 0.25), late=500),
    Setting("the same, the base rate in waves", (0.20, 0.25), wave),
    Setting("the same, in waves, doubly robust beliefs", (0.20, 0.25), wave, adaptive.beliefs),
    Setting("the same, the base rate rising", (0.20, 0.25), rise),
    Setting("the same, rising, doubly robust beliefs", (0.20, 0.25), rise, adaptive.beliefs),
    Setting("rates 0.20 and 0.20", (0.20, 0.20)),
    Setting("rates 0.20, 0.20, 0.20 and 0.25", (0.20, 0.20, 0.20, 0.25)),
    Setting("rates 0.02 and 0.025", (0.02, 0.025)),
    Setting("revenue, σ = 1, buyers 0.10 and 0.125", (0.10, 0.125), belief=pooled_means, sigma=1.0),
    Setting("revenue, σ = 2, buyers 0.10 and 0.125", (0.10, 0.125), belief=pooled_means, sigma=2.0),
)


def regret_beside_even(done: Played) -> tuple[float, float]:
    """Mean regret, and how often that an even split has; of arms that do not differ, nothing is lost."""
    means = np.array(done.setting.means) * (
        1.0 if done.setting.sigma is None else math.exp(done.setting.sigma**2 / 2)
    )
    even = done.setting.rounds * float((means.max() - means).mean())
    found = float(np.mean(done.regret))
    return found, found / even if even else 0.0


def coverage(done: Played, weights: adaptive.Weights = "stable") -> list[float]:
    """How often 95 % intervals hold the truth: of the first arm, of the last, of their difference.

    Where the base drifts, an arm's truth is its mean in the periods, weighted as the estimate weights them.
    """
    periods, last = done.periods, len(done.setting.means) - 1
    value = 1.0 if done.setting.sigma is None else math.exp(done.setting.sigma**2 / 2)
    means = np.array(done.setting.means) * value
    held = []
    for arm in (0, last):
        h = (
            np.sqrt(periods.shares[..., arm])
            if weights == "stable"
            else np.ones_like(periods.shares[..., arm])
        )
        truth = means[arm] + (h * np.array(done.moved)).sum(-1) / h.sum(-1)
        held.append(_holds(adaptive.mean(periods, arm, weights), truth))
    difference = adaptive.difference(periods, last, 0, weights)
    return [*held, _holds(difference, means[last] - means[0])]


def _holds(scores: adaptive.Scores, truth: Any) -> float:
    interval = scores.interval(LEVEL)
    return float(((interval.lower <= truth) & (truth <= interval.upper)).mean())


def usual(done: Played) -> float:
    """How often the usual interval of the difference of the arms' plain averages holds it."""
    arms = done.periods.arms
    units = arms.units.sum(-2)
    mean = (arms.units * arms.mean).sum(-2) / units
    squares = (arms.squares + arms.units * (arms.mean - mean[..., None, :]) ** 2).sum(-2)
    spread = np.sqrt((squares / units**2)[..., [0, -1]].sum(-1))
    means = np.array(done.setting.means)
    value = 1.0 if done.setting.sigma is None else math.exp(done.setting.sigma**2 / 2)
    off = mean[..., -1] - mean[..., 0] - (means[-1] - means[0]) * value
    return float((np.abs(off) <= 1.96 * spread).mean())


WAYS = ("inverse propensity", "self-normalised", "doubly robust")


def evaluated(
    runs: int, seed: int, rows: int = 2000, sigma: float | None = None
) -> list[tuple[float, float]]:
    """A version that was never served, from traffic of two arms whose shares moved: coverage, median width.

    A unit has a need x; arms 0 and 1 do well by low and by high need. The version does what suits the need.
    The model of rewards is wrong by a constant and half a slope.
    """
    rng, found = np.random.default_rng(seed), []
    for _ in range(runs):
        x, share = rng.random(rows), np.where(np.arange(rows) < rows / 2, 0.5, 0.15)
        arm, best = (rng.random(rows) < share).astype(int), (x > 0.5).astype(int)
        noise = 0.0 if sigma is None else np.exp(sigma * rng.standard_normal(rows)) - math.exp(sigma**2 / 2)
        mean = {done: 0.2 + 0.4 * np.where(done == 1, x, 1.0 - x) for done in (0, 1)}
        given = np.where(arm == 1, mean[1], mean[0])
        reward = (rng.random(rows) < given) + noise
        recorded = offpolicy.Recorded(reward, np.where(arm == 1, share, 1.0 - share), arm == best)
        guess = {done: 0.3 + 0.5 * (mean[done] - 0.2) for done in (0, 1)}
        predicted, expected = np.where(arm == 1, guess[1], guess[0]), np.where(best == 1, guess[1], guess[0])
        found.append(_evaluations(recorded, predicted, expected))
    kept = np.array([each for each in found if each])
    truth = 0.2 + 0.4 * 0.75
    return [
        (float(((way[:, 0] <= truth) & (truth <= way[:, 1])).mean()), float(np.median(way[:, 1] - way[:, 0])))
        for way in np.moveaxis(kept, 1, 0)
    ]


def _evaluations(recorded: offpolicy.Recorded, predicted: Any, expected: Any) -> Sequence[tuple[Any, Any]]:
    """The intervals by the three ways; none where the rows are refused, which one of a thousand runs is."""
    try:
        ways = (
            offpolicy.inverse_propensity(recorded),
            offpolicy.self_normalised(recorded),
            offpolicy.doubly_robust(recorded, predicted, expected),
        )
    except InvalidInput:
        return ()
    return [(way.interval.lower, way.interval.upper) for way in ways]
