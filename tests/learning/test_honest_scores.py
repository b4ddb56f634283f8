"""The held-out score is what a model reaches on the rows that come next, however hostile their truth is."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from flyball import Candidate, Search
from flyball.learning.scoring import scorer
from flyball.learning.selection import Plan, select
from tests.learning import truths

TREES = Candidate("trees", HistGradientBoostingClassifier(max_iter=30))
PLAN = Plan(task="classification", metric="roc_auc", candidates=[TREES], cv=2, search=Search(trials=1))


@pytest.mark.parametrize("truth", truths.TRUTHS.values(), ids=truths.TRUTHS)
def test_the_held_out_score_is_the_score_of_the_rows_that_come_next(truth: truths.Truth) -> None:
    told, reached = list[float](), list[float]()
    for seed in range(2):
        data, fresh = truths.stream(truth, 3000, seed)
        (fit,) = (fit for fit in select(data, PLAN) if fit.name == "trees")
        assert fit.held_out_score is not None
        told.append(fit.held_out_score)
        reached.append(scorer("roc_auc", data, "classification")(fit.pipeline, fresh))
    assert np.mean(told) == pytest.approx(np.mean(reached), abs=0.06)
