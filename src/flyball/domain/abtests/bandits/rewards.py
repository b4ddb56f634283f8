"""A model of rewards for doubly robust estimates, which has not learned from the rows that it says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flyball.domain.abtests.moments import Numbers

FOLDS = 5
BINS = 10
PRIOR = 10.0
"""Rows whose mean a cell begins with: few rows of its own say little."""

Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Crossfitted:
    """The mean reward of a row's own cell, as seen in the rows of the other folds.

    A cell is a decision and a tenth of all rows by their ``covariate``, such as what the evaluated version
    says. ``done`` numbers what was done, from 0, and ``rewards`` are what came of it; ``units`` numbers
    whose each row is: those of one unit are in one fold (cross-fitting: Chernozhukov et al. 2018).
    """

    rewards: Numbers
    done: Codes
    covariate: Numbers
    units: Codes

    def of(self, decisions: Codes) -> Numbers:
        """What each row would have brought with these decisions, by the rows of the other folds."""
        many = int(max(self.done.max(), decisions.max())) + 1
        bins = self._bins()
        fold = np.random.default_rng(0).permutation(int(self.units.max()) + 1)[self.units] % FOLDS
        expected = np.zeros(len(self.rewards))
        for each in range(FOLDS):
            own = fold == each
            means = self._means(~own, bins, many)
            expected[own] = means[decisions[own], bins[own]]
        return expected

    def _bins(self) -> Codes:
        edges = np.quantile(self.covariate, np.arange(1, BINS) / BINS)
        return np.searchsorted(edges, self.covariate, side="right")

    def _means(self, rows: npt.NDArray[np.bool_], bins: Codes, many: int) -> Numbers:
        """Of each cell, shape (decisions, bins): drawn to its decision's mean, and that to that of all."""
        rewards, cell = self.rewards[rows], (self.done[rows], bins[rows])
        sums, counts = np.zeros((many, BINS)), np.zeros((many, BINS))
        np.add.at(sums, cell, rewards)
        np.add.at(counts, cell, 1.0)
        overall = float(rewards.mean()) if len(rewards) else 0.0
        decision = (sums.sum(1) + PRIOR * overall) / (counts.sum(1) + PRIOR)
        means: Numbers = (sums + PRIOR * decision[:, None]) / (counts + PRIOR)
        return means
