"""An ensemble is fitted: its parts answer rows that they have not learned from, then learn from all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch

from flyball.domain.errors import ModelFailed
from flyball.learning.dataset import Dataset
from flyball.learning.paired import Answers, Judge, Labelled
from flyball.learning.searching.ensembles import greedy
from flyball.learning.searching.plan import Plan
from flyball.learning.splitting import splits
from flyball.learning.weighing.rows import in_fits

INNER = 3
"""Folds inside of the rows that an ensemble learns from."""
FEWEST = 2
"""Parts of an ensemble."""

Parts = Mapping[str, Callable[[Dataset], Any]]
"""What fits each part on some rows."""


def combined(kind: str, parts: Parts, rows: Dataset, plan: Plan) -> Any:
    """A fitted ensemble of parts: a "blend", or by "stacking".

    Its weights follow from what the parts answer to rows of ``INNER`` folds of ``rows`` that they have not
    learned from, split as a build's are (forward in time, no entity on both sides); so a score on other rows
    is honest. Then the parts learn from all rows; those that weigh nothing are left out. Raises
    ``ModelFailed`` where no inner fold can be learned from, and ``DataError`` where there is none.
    """
    places, answers = _out_of_fold(parts, rows, plan)
    fitting = _blend if kind == "blend" else _stacked
    return fitting(parts, rows, plan, places, answers)


def _out_of_fold(parts: Parts, rows: Dataset, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Rows by their places, and each part's answers to them (parts, rows, outputs)."""
    places, answers = list[np.ndarray](), list[np.ndarray]()
    for train, test in splits.folds(INNER, rows, plan.task, plan.seed):
        learned, asked = rows.take(train), rows.take(test)
        if plan.task == "classification" and len(np.unique(learned.labels)) < len(np.unique(rows.labels)):
            continue
        answers.append(np.array([_answers(fit(learned), asked, rows) for fit in parts.values()]))
        places.append(test)
    if not places:
        raise ModelFailed("Every fold inside of the rows lacks a label: too few rows for an ensemble.")
    return np.concatenate(places), np.concatenate(answers, axis=1)


def _answers(model: Any, asked: Dataset, rows: Dataset) -> np.ndarray:
    if not hasattr(model, "classes_"):
        return np.asarray(model.predict(asked.frame), dtype=np.float64).reshape(-1, 1)
    if list(model.classes_) != list(np.unique(rows.labels)):
        raise ModelFailed("A part of the ensemble has other labels, or in another order.")
    return np.asarray(model.predict_proba(asked.frame), dtype=np.float64)


def _blend(parts: Parts, rows: Dataset, plan: Plan, places: np.ndarray, answers: np.ndarray) -> Any:
    is_labels = plan.task == "classification"
    classes = np.unique(rows.labels) if is_labels else None
    judge = Judge(
        plan.metric,
        plan.task,
        classes=() if classes is None else classes.tolist(),
        positive=plan.positive,
        seed=plan.seed,
    )
    weights = None if rows.weights is None else rows.weights[places]
    happened = Labelled(happened=rows.labels[places], units=places, weights=weights)

    def score(weights: np.ndarray) -> float | None:
        mean = np.average(answers, axis=0, weights=weights)
        if classes is None:
            return judge.score(happened, Answers(values=mean[:, 0]))
        return judge.score(happened, Answers(values=classes[mean.argmax(axis=1)], probabilities=mean))

    weights = greedy.chosen(score, len(parts))
    if weights is None:
        raise ModelFailed("The metric is not defined on the folds inside of the rows.")
    taken = [(name, float(weight)) for name, weight in zip(parts, weights, strict=True) if weight]
    fitted = {name: parts[name](rows) for name, _ in taken}
    if classes is None:
        voting = VotingRegressor(_patterns(fitted), weights=[weight for _, weight in taken])
    else:
        voting = VotingClassifier(_patterns(fitted), voting="soft", weights=[weight for _, weight in taken])
        voting.le_ = LabelEncoder().fit(rows.labels)
        voting.classes_ = voting.le_.classes_
    return _with_parts(voting, fitted)


def _stacked(parts: Parts, rows: Dataset, plan: Plan, places: np.ndarray, answers: np.ndarray) -> Any:
    """By a logistic regression of probabilities; of values without negative weights (Breiman 1996)."""
    fitted = {name: fit(rows) for name, fit in parts.items()}
    if plan.task != "classification":
        stacking: Any = StackingRegressor(_patterns(fitted), LinearRegression(positive=True), cv="prefit")
        happened, method, first = rows.labels[places], "predict", 0
    else:
        last = LogisticRegression(max_iter=1000, random_state=plan.seed)
        stacking = StackingClassifier(_patterns(fitted), last, cv="prefit")
        stacking._label_encoder = LabelEncoder().fit(rows.labels)
        stacking.classes_ = stacking._label_encoder.classes_
        # As the library does: of two labels the second one's probability says all.
        happened, method = stacking._label_encoder.transform(rows.labels[places]), "predict_proba"
        first = 1 if len(stacking.classes_) == 2 else 0
    given = np.hstack([each[:, first:] for each in answers])
    weights = in_fits(rows.take(places), is_balanced=plan.weighing.is_balanced)
    stacking.final_estimator_ = clone(stacking.final_estimator).fit(given, happened, sample_weight=weights)
    stacking.stack_method_ = [method] * len(fitted)
    return _with_parts(stacking, fitted)


def _patterns(fitted: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, clone(model)) for name, model in fitted.items()]


# Not by the library's own fit: its folds know neither entities nor time, and its votes find no weights.
def _with_parts(ensemble: Any, fitted: Mapping[str, Any]) -> Any:
    ensemble.estimators_ = list(fitted.values())
    ensemble.named_estimators_ = Bunch(**fitted)
    return ensemble
