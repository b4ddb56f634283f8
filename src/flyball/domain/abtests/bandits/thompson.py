"""Thompson sampling: the share of an arm is the chance that it is the best, within a floor and a budget."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from flyball.domain.abtests.bandits.normal import cdf
from flyball.domain.abtests.moments import Moments, Numbers

SURE = 0.95
"""How sure one is that a challenger is no worse than what is set against its budget."""

_STEP = 1 / 16
_NODES = np.arange(-8.0, 8.0 + _STEP, _STEP)
_DENSITY = _STEP * np.exp(-0.5 * _NODES**2) / math.sqrt(2 * math.pi)


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What is believed of each arm's mean: normal, the last axis are arms.

    An infinite variance says that nothing is known.
    """

    mean: Numbers
    variance: Numbers


def of_rates(units: Numbers, events: Numbers) -> Beliefs:
    """Mean and variance of the Beta distribution that follows from a uniform one; also of no unit at all."""
    wide = units + 2.0
    mean = (events + 1.0) / wide
    return Beliefs(mean, mean * (1.0 - mean) / (wide + 1.0))


def of_means(arms: Moments) -> Beliefs:
    """Of any value: an arm's mean, and the variance of a value of all arms together over its units.

    One variance for all, because few units' own is smallest where none of the large values has come yet.
    An arm without units is not known.
    """
    units = arms.units.sum(-1, keepdims=True)
    overall = (arms.units * arms.mean).sum(-1, keepdims=True) / np.maximum(units, 1.0)
    squares = (arms.squares + arms.units * (arms.mean - overall) ** 2).sum(-1, keepdims=True)
    variance = squares / np.maximum(units - 1.0, 1.0)
    with np.errstate(divide="ignore"):
        of_arm = np.where(arms.units > 0, variance, np.inf) / np.maximum(arms.units, 1.0)
    return Beliefs(arms.mean, of_arm)


def chances(beliefs: Beliefs) -> Numbers:
    """The chance of each arm to have the highest mean (Thompson 1933).

    ∫ φ(z) Π Φ((m + s z - m') / s') dz over the other arms, by the trapezoidal rule at fixed points: no random
    numbers, the same everywhere. The error is below 1e-9 where no spread is ten times another's. Where an
    arm is not known, or all are known exactly, all have the same chance.
    """
    spread = np.sqrt(beliefs.variance)
    known = (np.isfinite(spread) & (spread > 0)).all(-1, keepdims=True)
    spread = np.where(known, spread, 1.0)
    mean = np.where(known, beliefs.mean, 0.0)
    best = []
    for arm in range(mean.shape[-1]):
        points = mean[..., arm, None] + spread[..., arm, None] * _NODES
        lowest = np.ones_like(points)
        for other in range(mean.shape[-1]):
            if other != arm:
                lowest = lowest * cdf((points - mean[..., other, None]) / spread[..., other, None])
        best.append(lowest @ _DENSITY)
    found = np.stack(best, -1)
    return np.asarray(found / found.sum(-1, keepdims=True))


def floored(shares: Numbers, floor: float) -> Numbers:
    """Shares of which none is below the floor; the others give in proportion to what they have above it.

    Every arm keeps a known chance, so that there is an estimate of each, and one that was unlucky comes back.
    Raises ``ValueError`` for a floor that so many arms cannot have.
    """
    arms = shares.shape[-1]
    if not 0.0 <= floor * arms <= 1.0:
        raise ValueError(f"A floor of {floor:g} is not one that {arms} arms can have.")
    raised = np.maximum(shares, floor)
    above = raised - floor
    left = above.sum(-1, keepdims=True)
    parts = np.where(left > 0, above / np.where(left > 0, left, 1.0), 1.0 / arms)
    return np.asarray(floor + (1.0 - floor * arms) * parts)


def affordable(shares: Numbers, beliefs: Beliefs, champion: int, ahead: float, left: Numbers) -> Numbers:
    """Shares with which the next ``ahead`` units lose at most what is ``left`` of the budget.

    The budget is what challengers may lose in all, in units of the metric, beside the champion. A unit loses
    by how much its arm's mean is below the champion's, at the ``SURE`` quantile of what is believed: a
    challenger that looks better than it is spends too. Of an arm of which nothing is known, by its infinite
    variance, nothing is counted yet. The shares of arms that may lose shrink alike, below the floor where
    they must, and the champion has what they give. ``lost`` says what has been spent.
    """
    worse = _worse(beliefs, champion)
    expected = ahead * (shares * worse).sum(-1, keepdims=True)
    budget = np.maximum(np.asarray(left, dtype=np.float64)[..., None], 0.0)
    kept = np.where(expected > budget, budget / np.where(expected > 0, expected, 1.0), 1.0)
    bounded = np.where(worse > 0, shares * kept, shares)
    bounded[..., champion] += 1.0 - bounded.sum(-1)
    return np.clip(bounded, 0.0, 1.0)  # a sum of rounded shares may be off by its last bit


def lost(units: Numbers, beliefs: Beliefs, champion: int) -> Numbers:
    """What challengers have lost so far at most, at the same quantile; no other's gain is set against it."""
    return np.asarray((units * _worse(beliefs, champion)).sum(-1))


def _worse(beliefs: Beliefs, champion: int) -> Numbers:
    variance = beliefs.variance + beliefs.variance[..., champion, None]
    spread = np.sqrt(np.where(np.isfinite(variance), variance, 0.0))
    worse = beliefs.mean[..., champion, None] - beliefs.mean + NormalDist().inv_cdf(SURE) * spread
    worse[..., champion] = 0.0
    return np.maximum(worse, 0.0)
