"""Ensembles of few trees: they are fitted and asked sooner, where a test is not about how many there are."""

from __future__ import annotations

from typing import Any

FEW = 20


def with_few_trees(estimator: Any) -> Any:
    """The same estimator, not fitted yet; one without trees stays as it is."""
    # What max_iter says elsewhere is how long is searched for an answer.
    name = "max_iter" if type(estimator).__name__.startswith("HistGradient") else "n_estimators"
    known = estimator.get_params()
    return estimator.set_params(**{name: min(known[name], FEW)}) if name in known else estimator
