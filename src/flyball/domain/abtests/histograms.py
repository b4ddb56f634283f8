"""Metrics of a distribution from histograms of one arm in one stratum: AUC, and rates beyond a quantile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flyball.domain.abtests.moments import Moments, Numbers, of_counts


@dataclass(frozen=True, slots=True)
class Bins:
    """Edges that are fixed at the start of the test; a value equal to an edge falls above it.

    There is one more bin than edges: the first lies below all edges, the last above.
    """

    edges: tuple[float, ...]

    def counted(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """How many values fall into each bin: whole numbers, which add up in any order.

        Raises ``ValueError`` for a value that is missing.
        """
        numbers = np.asarray(values, dtype=np.float64)
        if np.isnan(numbers).any():
            raise ValueError("A value that is counted is missing.")
        places = np.searchsorted(self.edges, numbers, side="right")
        return np.bincount(places, minlength=len(self.edges) + 1).astype(np.int64)


def score_bins(bins: int = 200) -> Bins:
    """Bins of equal width for scores between 0 and 1; scores of one bin count as ties."""
    return Bins(tuple((np.arange(1, bins) / bins).tolist()))


def latency_bins(low: float = 1e-4, high: float = 60.0, growth: float = 1.05) -> Bins:
    """Bins for seconds, each wider than the last by ``growth``: as fine in percent for fast and slow."""
    steps = int(np.ceil(np.log(high / low) / np.log(growth)))
    return Bins(tuple((low * growth ** np.arange(steps + 1)).tolist()))


def auc(negatives: Numbers, positives: Numbers) -> Moments:
    """The area under the ROC curve, its units those with an outcome; the last axis are the bins of scores.

    A unit's value is the area plus its influence on it, so that variance / units is DeLong's (DeLong, DeLong
    and Clarke-Pearson 1988; by placements, as Sun and Xu 2014 compute it): S₁₀/m + S₀₁/n, with m positives,
    n negatives, and S the variances of placements among them.
    """
    m, n = positives.sum(-1), negatives.sum(-1)
    of_positive = _placements(negatives, n)
    of_negative = 1.0 - _placements(positives, m)
    area = (positives * of_positive).sum(-1) / np.maximum(m, 1.0)
    centre = area[..., None]
    s10 = (positives * (of_positive - centre) ** 2).sum(-1) / np.maximum(m - 1.0, 1.0)
    s01 = (negatives * (of_negative - centre) ** 2).sum(-1) / np.maximum(n - 1.0, 1.0)
    delong = s10 / np.maximum(m, 1.0) + s01 / np.maximum(n, 1.0)
    units = np.where((m > 0) & (n > 0), m + n, 0.0)
    cubes = (positives * (of_positive - centre) ** 3).sum(-1) / np.maximum(m, 1.0) ** 3
    cubes = cubes + (negatives * (of_negative - centre) ** 3).sum(-1) / np.maximum(n, 1.0) ** 3
    return Moments(units, area, delong * units * np.maximum(units - 1.0, 0.0), cubes * units**3)


def threshold(counts: Numbers, quantile: float) -> npt.NDArray[np.intp]:
    """The first bin of those beyond the champion's quantile; ``counts`` are the champion's of all strata.

    The edge below that bin is the one of all whose share of values beyond it is nearest 1 - quantile.
    """
    beyond = np.cumsum(counts[..., ::-1], -1)[..., ::-1][..., 1:]
    wanted = (1.0 - quantile) * counts.sum(-1, keepdims=True)
    return np.asarray(np.argmin(np.abs(beyond - wanted), -1) + 1)


def exceedance(counts: Numbers, first: npt.NDArray[np.intp]) -> Moments:
    """The rate of values in bin ``first`` and beyond.

    Two arms whose quantiles are equal exceed the champion's equally often. So a quantile is compared without
    the density there, which nobody knows (Howard and Ramdas 2022 invert the same rates).
    """
    beyond = np.cumsum(counts[..., ::-1], -1)[..., ::-1]
    shape = np.broadcast_shapes(beyond.shape[:-1], first.shape)
    everywhere = np.broadcast_to(beyond, (*shape, beyond.shape[-1]))
    events = np.take_along_axis(everywhere, np.broadcast_to(first, shape)[..., None], -1)[..., 0]
    return of_counts(counts.sum(-1), events)


def _placements(counts: Numbers, total: Numbers) -> Numbers:
    """For each bin the share of ``counts`` below it, and half of those in it."""
    share: Numbers = (np.cumsum(counts, -1) - 0.5 * counts) / np.maximum(total, 1.0)[..., None]
    return share
