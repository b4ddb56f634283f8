"""How many clusters: what another number of them would have brought."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from optuna.distributions import IntDistribution
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

from flyball.domain.errors import DataError
from flyball.learning.diagnostics.held import Held
from flyball.learning.diagnostics.searched import Fitted, declared
from flyball.learning.diagnostics.table import Table
from flyball.learning.pipeline import preprocessing

NUMBERS = ("n_clusters", "n_components")
"""What scikit-learn calls the number of clusters."""
MOST = 20
"""Numbers that are tried, from the lowest that the search may take."""
ROWS = 2_000
"""Rows that are learned from, and that silhouettes are of."""


def elbow(held: Held, fitted: Fitted) -> Table:
    """The version's candidate with each number of clusters that the search may take, all else as it is.

    ``within`` is the mean squared distance of rows learned from to the mean of their cluster, in prepared
    columns; ``bic`` is that of the estimator, where it has one (lower is better); ``silhouette`` is of
    held-out rows. Both are of at most ``ROWS`` rows, drawn with the plan's seed. Raises ``DataError`` where
    the number is not searched.
    """
    candidate = declared(held, fitted)[fitted.candidate]
    name = next((each for each in candidate.space if each.rpartition("__")[2] in NUMBERS), None)
    space = None if name is None else candidate.space[name]
    if name is None or not isinstance(space, IntDistribution):
        raise DataError("The number of clusters was not searched.")
    training, rows = _drawn(held.training, held.plan.seed), _drawn(held.rows, held.plan.seed)
    prepare = preprocessing(held.rows.schema).fit(training.frame)
    learned, asked = prepare.transform(training.frame), prepare.transform(rows.frame)
    found = []
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # of fits that do not converge: the curve shows them
        for number in range(max(2, space.low), min(space.high, space.low + MOST, len(training) - 1) + 1):
            model = candidate.make({**fitted.parameters, name: number}).fit(training.frame)
            own, others = model.predict(training.frame), model.predict(rows.frame)
            chosen = fitted.parameters.get(name) == number
            found.append(
                (
                    number,
                    _within(learned, own),
                    _bic(model, training.frame),
                    _silhouette(asked, others),
                    chosen,
                )
            )
    return Table.of(("clusters", "within", "bic", "silhouette", "is_chosen"), found)


def _drawn(rows: Any, seed: int) -> Any:
    return rows.take(np.sort(np.random.default_rng(seed).permutation(len(rows))[:ROWS]))


def _within(points: npt.NDArray[np.float64], clusters: npt.NDArray[np.intp]) -> float:
    squares = 0.0
    for cluster in np.unique(clusters):
        own = points[clusters == cluster]
        squares += float(((own - own.mean(axis=0)) ** 2).sum())
    return squares / len(points)


def _bic(model: Any, frame: Any) -> float | None:
    """Of rows as the last step sees them."""
    last = model[-1]
    return float(last.bic(model[:-1].transform(frame))) if hasattr(last, "bic") else None


def _silhouette(points: npt.NDArray[np.float64], clusters: npt.NDArray[np.intp]) -> float | None:
    if not 1 < len(np.unique(clusters)) < len(clusters):
        return None
    return float(silhouette_score(points, clusters))
