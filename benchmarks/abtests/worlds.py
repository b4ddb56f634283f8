"""Worlds to test in: what units do in each arm, and the evidence at every look."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from flyball.domain.abtests.adjusted import cuped, ratio, theta
from flyball.domain.abtests.evidence import Evidence, between, combined
from flyball.domain.abtests.histograms import Bins, auc, exceedance, latency_bins, score_bins, threshold
from flyball.domain.abtests.moments import Moments, Numbers, PairMoments, of_counts, of_sums
from flyball.domain.abtests.sums import winsorised

Flags = Any


@dataclass(frozen=True)
class World(ABC):
    """One metric. ``information`` is the planned n₁n₀/(n₁+n₀) at the 1 % level."""

    information: float
    every = 1

    @property
    @abstractmethod
    def variance(self) -> float:
        """That of a unit's value (of its influence)."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, challenger: Flags, base: Numbers, lift: float) -> Numbers:
        """Values (tests, units[, 2]); ``base`` is the drift (units,), ``lift`` is what a challenger adds."""

    @abstractmethod
    def moments(self, arm: Flags, values: Numbers) -> Any:
        """What is kept of one arm's units (tests, units), at every look."""

    def evidence(self, strata: Sequence[tuple[Any, Any]]) -> Evidence:
        """The evidence from what is kept of challenger and champion in each stratum."""
        return combined([between(*pair) for pair in strata])


class Plain(World):
    """A metric that is one number a unit."""

    def moments(self, arm: Flags, values: Numbers) -> Moments:
        here = arm.astype(np.float64)
        sums = [np.cumsum(here, 1)]
        for _ in range(3):
            here = here * values
            sums.append(np.cumsum(here, 1))
        return of_sums(*sums)


@dataclass(frozen=True)
class Rate(Plain):
    """A rate; the drift multiplies it."""

    rate: float

    @property
    def variance(self) -> float:
        return self.rate * (1 - self.rate)

    def draw(self, rng: np.random.Generator, challenger: Flags, base: Numbers, lift: float) -> Numbers:
        return (rng.random(challenger.shape) < self.rate * base + lift * challenger).astype(np.float64)

    def moments(self, arm: Flags, values: Numbers) -> Moments:
        here = arm.astype(np.float64)
        return of_counts(np.cumsum(here, 1), np.cumsum(here * values, 1))


@dataclass(frozen=True)
class Normal(Plain):
    """A normal value; the drift moves its mean by its standard deviation."""

    @property
    def variance(self) -> float:
        return 1.0

    def draw(self, rng: np.random.Generator, challenger: Flags, base: Numbers, lift: float) -> Numbers:
        return rng.standard_normal(challenger.shape) + base + lift * challenger


@dataclass(frozen=True)
class Revenue(Plain):
    """Nine of ten units bring nothing, the others a log-normal amount; a lift makes more units buy.

    Amounts are winsorised at ``most``.
    """

    sigma: float
    most: float = math.inf
    buyers = 0.1

    @property
    def mean(self) -> float:
        """Of a buyer's amount."""
        return self._moment(1)

    @property
    def variance(self) -> float:
        return self.buyers * self._moment(2) - (self.buyers * self.mean) ** 2

    def _moment(self, power: int) -> float:
        """Of a buyer's amount: log-normal up to the most, and the most beyond."""
        whole = math.exp((power * self.sigma) ** 2 / 2)
        if math.isinf(self.most):
            return whole
        normal, most = NormalDist(), math.log(self.most) / self.sigma
        return whole * normal.cdf(most - power * self.sigma) + self.most**power * normal.cdf(-most)

    def draw(self, rng: np.random.Generator, challenger: Flags, base: Numbers, lift: float) -> Numbers:
        values = np.zeros(challenger.shape)
        buys = rng.random(challenger.shape) < self.buyers + lift / self.mean * challenger
        values[buys] = np.exp(self.sigma * rng.standard_normal(int(buys.sum())))
        return winsorised(values * base, high=self.most)


@dataclass(frozen=True)
class Amounts(Revenue):
    """The same, where a lift multiplies the amounts of buyers by 1 + lift."""

    def draw(self, rng: np.random.Generator, challenger: Flags, base: Numbers, lift: float) -> Numbers:
        return super().draw(rng, challenger, base, 0.0) * (1.0 + lift * challenger)


@dataclass(frozen=True)
class Fewer(Revenue):
    """Half as many of a challenger's units buy, for twice the amounts: means do not differ."""

    def draw(self, rng: np.random.Generator, challenger: Flags, base: Numbers, lift: float) -> Numbers:
        fewer = -0.5 * self.buyers * self.mean
        return super().draw(rng, challenger, base, fewer) * (1.0 + challenger)


@dataclass(frozen=True)
class Hidden(Revenue):
    """A challenger's amounts have twice the sigma and the same mean, much of it in a few of them."""

    def draw(self, rng: np.random.Generator, challenger: Flags, base: Numbers, lift: float) -> Numbers:
        values = super().draw(rng, challenger, base, 0.0)
        return np.where(challenger, values**2 * math.exp(-1.5 * self.sigma**2), values)


class Pair(World):
    """A metric of two numbers a unit."""

    def moments(self, arm: Flags, values: Numbers) -> PairMoments:
        here = arm.astype(np.float64)
        x, y = values[..., 0] * here, values[..., 1] * here
        n = np.cumsum(here, 1)
        first = of_sums(n, np.cumsum(x, 1), np.cumsum(x * x, 1), np.cumsum(x * x * x, 1))
        second = of_sums(n, np.cumsum(y, 1), np.cumsum(y * y, 1), np.cumsum(y * y * y, 1))
        a, b = first.mean, second.mean
        products = np.cumsum(x * y, 1) - n * a * b
        first_twice = np.cumsum(x * x * y, 1) - b * (first.squares + n * a * a) - 2 * a * products
        second_twice = np.cumsum(x * y * y, 1) - a * (second.squares + n * b * b) - 2 * b * products
        return PairMoments(first, second, products, first_twice, second_twice)


@dataclass(frozen=True)
class Clicks(Pair):
    """Clicks over views: few users have most views, and each clicks at a rate of their own."""

    rate = 0.2

    @property
    def variance(self) -> float:
        # Views are 1 + V, V geometric with mean 4; rates Beta(2, 8), a spread of 0.2 · 0.8 / 11 about 0.2.
        mean, squares, spread = 5.0, 45.0, 0.16 / 11
        return ((0.16 - spread) * mean + spread * squares) / mean**2

    def draw(self, rng: np.random.Generator, challenger: Flags, base: Numbers, lift: float) -> Numbers:
        views = rng.geometric(0.2, challenger.shape)
        own = rng.beta(2.0, 8.0, challenger.shape) * base + lift * challenger
        return np.stack([rng.binomial(views, np.clip(own, 0, 1)), views], -1).astype(np.float64)

    def evidence(self, strata: Sequence[tuple[Any, Any]]) -> Evidence:
        return combined([between(ratio(one), ratio(other)) for one, other in strata])


@dataclass(frozen=True)
class Foretold(Pair):
    """A normal value and its covariate from before; both have variance 1."""

    correlation: float

    @property
    def variance(self) -> float:
        return 1.0 - self.correlation**2

    def draw(self, rng: np.random.Generator, challenger: Flags, base: Numbers, lift: float) -> Numbers:
        before, noise = rng.standard_normal((2, *challenger.shape))
        after = self.correlation * before + math.sqrt(self.variance) * noise + base + lift * challenger
        return np.stack([after, before], -1)

    def evidence(self, strata: Sequence[tuple[Any, Any]]) -> Evidence:
        slope = theta([arm for pair in strata for arm in pair])
        return combined([between(cuped(one, slope), cuped(other, slope)) for one, other in strata])


class Binned(World):
    """A metric of a distribution, looked at every 50 units; values are bins."""

    every = 50
    bins: Bins

    def places(self, values: Numbers) -> Numbers:
        """The bin of each value."""
        return np.searchsorted(self.bins.edges, values, side="right").astype(np.float64)

    def histogram(self, arm: Flags, places: Numbers) -> Numbers:
        """Counts (tests, looks, bins) at every look; units after the last look do not count."""
        tests, looks = len(places), places.shape[1] // self.every
        used = looks * self.every
        width = len(self.bins.edges) + 1
        look = np.arange(used) // self.every
        cell = (np.arange(tests)[:, None] * looks + look) * width + places[:, :used].astype(np.int64)
        counts = np.bincount(cell[arm[:, :used]], minlength=tests * looks * width)
        return np.cumsum(counts.reshape(tests, looks, width), 1).astype(np.float64)


@dataclass(frozen=True)
class Latency(Binned):
    """Log-normal seconds, and a quantile of them; the drift slows both arms, a lift moves the exceedance."""

    quantile: float
    bins = latency_bins(0.01, 10.0)

    @property
    def variance(self) -> float:
        return self.quantile * (1 - self.quantile)

    def draw(self, rng: np.random.Generator, challenger: Flags, base: Numbers, lift: float) -> Numbers:
        return self.places(0.1 * base * np.exp(0.6 * rng.standard_normal(challenger.shape)))

    def moments(self, arm: Flags, values: Numbers) -> Numbers:
        return self.histogram(arm, values)

    def evidence(self, strata: Sequence[tuple[Any, Any]]) -> Evidence:
        champion = sum((other for _, other in strata), np.asarray(0.0))
        first = threshold(champion, self.quantile)
        return combined([between(exceedance(one, first), exceedance(other, first)) for one, other in strata])


@dataclass(frozen=True)
class Area(Binned):
    """AUC of scores: 30 % positives; scores are normal, a standard deviation apart, drawn into 0 to 1."""

    bins = score_bins(50)

    @property
    def variance(self) -> float:
        return 0.265  # of a unit's influence, from 4,000,000 units

    def draw(self, rng: np.random.Generator, challenger: Flags, base: Numbers, lift: float) -> Numbers:
        positive = rng.random(challenger.shape) < 0.3 * base
        score = rng.standard_normal(challenger.shape) + (1.0 + lift * challenger) * positive
        return np.stack([self.places(1.0 / (1.0 + np.exp(-score))), positive], -1)

    def moments(self, arm: Flags, values: Numbers) -> Moments:
        positive = values[..., 1] > 0
        counts = [self.histogram(arm & which, values[..., 0]) for which in (~positive, positive)]
        return auc(*counts)
