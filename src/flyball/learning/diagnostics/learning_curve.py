"""What more rows would bring: scores of the same pipeline, fitted on fewer of the rows to learn from."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import learning_curve as curve
from threadpoolctl import threadpool_limits

from flyball.learning.diagnostics.held import Held
from flyball.learning.diagnostics.searched import Trial, on_fewer_rows
from flyball.learning.diagnostics.table import Table
from flyball.learning.scoring import scorer

PARTS = (0.1, 0.2, 0.4, 0.7)
"""Of the rows to learn from."""
FEW = 6_000
"""Rows to learn from: with more, the search has tried fewer of them, and nothing is fitted here."""
LEAST = 20
"""Rows of a fit."""
SCORED = 4_000
"""Rows learned from that the whole fit is scored on."""


def learning_curve(
    held: Held,
    pipeline: Any,
    *,
    trials: Sequence[Trial] = (),
    chosen: Mapping[str, Any] | None = None,
    most: int | None = None,
) -> Table:
    """Scores on the rows learned from and on those held out, by the number of rows learned from.

    ``pipeline`` is the version's own, as it was fitted, on at most ``most`` rows: its scores are the last
    row. With up to ``FEW`` rows it is fitted on parts of them, drawn once with the plan's seed, each of which
    contains the smaller ones. With more, the other rows are the search's: means over the folds of those
    ``trials`` that have the parameters ``chosen``. What is not defined is ``None``.
    """
    rows, test = held.training, held.rows
    whole = min(len(rows), most or len(rows))
    score = scorer(held.plan.metric, test, held.plan.task, positive=held.plan.positive, seed=held.plan.seed)
    if len(rows) <= FEW:
        sizes = sorted({int(part * whole) for part in PARTS if int(part * whole) >= LEAST})
        found = _fitted(held, pipeline, sizes, score) if sizes else []
    else:
        found = on_fewer_rows(held, trials, chosen or {}, most)
    drawn = np.random.default_rng(held.plan.seed).permutation(len(rows))[:SCORED]
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        last = (whole, score(pipeline, rows.take(drawn)), score(pipeline, test))
    return Table.of(("rows", "training_score", "held_out_score"), [*found, last])


def _fitted(held: Held, pipeline: Any, sizes: list[int], score: Any) -> list[tuple[Any, ...]]:
    rows, test = held.training, held.rows
    frame = pd.concat([rows.frame, test.frame], ignore_index=True)
    target = None if rows.target is None else np.concatenate([rows.labels, test.labels])
    split = (np.arange(len(rows)), np.arange(len(rows), len(frame)))

    def scored(model: Any, some: Any, outcomes: Any = None) -> float:
        places = some.index.to_numpy()
        own = rows.take(places) if places[0] < len(rows) else test
        found: float = score(model, own)
        return found

    # One thread, as in the build: the fits are the same ones.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        sizes_, training, scores = curve(
            clone(pipeline),
            frame,
            target,
            train_sizes=sizes,
            cv=[split],
            scoring=scored,
            shuffle=True,
            random_state=held.plan.seed,
            error_score=np.nan,
        )
    return list(zip(sizes_.tolist(), training[:, 0].tolist(), scores[:, 0].tolist(), strict=True))
