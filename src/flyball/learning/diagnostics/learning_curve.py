"""What more rows would bring: scores of the same pipeline, fitted on fewer of the rows to learn from."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.model_selection import learning_curve as curve
from threadpoolctl import threadpool_limits

from flyball.domain.declaration import UNSUPERVISED
from flyball.domain.errors import DataError
from flyball.learning.catalog import CATALOG
from flyball.learning.comparison import as_estimator
from flyball.learning.dataset import Dataset
from flyball.learning.diagnostics.held import Held
from flyball.learning.diagnostics.searched import Fitted, declared, on_fewer_rows
from flyball.learning.diagnostics.table import Table
from flyball.learning.scoring import scorer
from flyball.learning.searching.fitting import Fitting

PARTS = (0.1, 0.2, 0.4, 0.7)
"""Of the rows to learn from."""
FEW = 6_000
"""Rows to learn from: with more, the search has tried fewer of them, and nothing is fitted here."""
LEAST = 20
"""Rows of a fit."""
SCORED = 1_000
"""Rows learned from that the whole fit is scored on."""


def learning_curve(held: Held, fitted: Fitted) -> Table:
    """Scores on the rows learned from and on those held out, by the number of rows learned from.

    The last row is the version itself. With up to ``FEW`` rows to learn from, the candidate as it is declared
    is fitted with the version's parameters on parts of them, drawn once with the plan's seed, each of which
    contains the smaller ones. With more, the other rows are the search's: means over the folds of those
    trials that have these parameters. What is not defined is ``None``. Raises ``DataError`` where the
    candidate is not declared any more, or cannot be fitted.
    """
    rows, test, plan = held.training, held.rows, held.plan
    entry = CATALOG[plan.task].get(fitted.candidate)
    most = None if entry is None else entry.rows
    whole = min(len(rows), most or len(rows))
    score = scorer(plan.metric, test, plan.task, positive=plan.positive, seed=plan.seed)
    if len(rows) <= FEW:
        sizes = sorted({int(part * whole) for part in PARTS if int(part * whole) >= LEAST})
        found = _on_parts(held, _pipeline(held, fitted), sizes, score) if sizes else []
    else:
        found = on_fewer_rows(held, fitted, most)
    drawn = np.random.default_rng(plan.seed).permutation(len(rows))[:SCORED]
    version = as_estimator(held.manifest, held.runtime, test.schema)
    asked = plan.task in UNSUPERVISED  # else its answers to the held-out rows are there already
    held_out = score(version, test) if asked else held.judge().score(held.labelled, held.answers)
    last = (whole, score(version, rows.take(drawn)), held_out, None)
    return Table.of(("rows", "training_score", "held_out_score", "fold_score"), [*found, last])


class _Candidate(BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """A candidate with the version's parameters, fitted on the rows that a frame's index names."""

    def __init__(self, fitting: Fitting, name: str, parameters: Mapping[str, Any], rows: Dataset) -> None:
        self.fitting = fitting
        self.name = name
        self.parameters = parameters
        self.rows = rows

    def fit(self, frame: pd.DataFrame, target: Any = None) -> _Candidate:
        """Fit it as a build does: an ensemble splits the rows by their entities and times."""
        some = self.rows.take(frame.index.to_numpy())
        self.model_ = self.fitting.fitted(self.name, self.parameters, some)
        return self


def _pipeline(held: Held, fitted: Fitted) -> _Candidate:
    """The candidate with the version's parameters, to be fitted."""
    fitting = Fitting(declared(held, fitted), held.plan)
    return _Candidate(fitting, fitted.candidate, fitted.parameters, held.training)


def _on_parts(held: Held, pipeline: Any, sizes: list[int], score: Any) -> list[tuple[Any, ...]]:
    rows, test = held.training, held.rows
    frame = pd.concat([rows.frame, test.frame], ignore_index=True)
    target = None if rows.target is None else np.concatenate([rows.labels, test.labels])
    split = (np.arange(len(rows)), np.arange(len(rows), len(frame)))

    def scored(model: Any, some: Any, outcomes: Any = None) -> float:
        places = some.index.to_numpy()
        own = rows.take(places) if places[0] < len(rows) else test
        found: float = score(model.model_, own)
        return found

    # One thread, as in the build: the fits are the same ones.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        try:
            found = curve(
                pipeline,
                frame,
                target,
                train_sizes=sizes,
                cv=[split],
                scoring=scored,
                shuffle=True,
                random_state=held.plan.seed,
                error_score=np.nan,  # of a part that lacks a label, it may be
            )
        except ValueError:
            raise DataError(
                "The declared candidate cannot be fitted with the version's parameters."
            ) from None
    sizes_, training, scores = (each.ravel().tolist() for each in found[:3])
    return [(*each, None) for each in zip(sizes_, training, scores, strict=True)]
