"""Whether calibrated probabilities are better on rows that neither model nor calibration has learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from flyball.domain.finishing.applying import EDGE, calibrated, log_odds
from flyball.domain.finishing.calibration import Calibration, Method
from flyball.learning.outoffold.answers import OutOfFold
from flyball.learning.weighing.rows import effective

Numbers = npt.NDArray[np.float64]
METHODS: tuple[Method, ...] = ("sigmoid", "isotonic")
SURE = 2.0
"""Standard errors that the log loss has to fall by."""
LEAST = 100
"""Predictions that a calibration is learned from, at least."""
DIGITS = 6
"""Of probabilities that an isotonic curve is fitted on: steps between nearer ones would be too steep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Mean losses on the same predictions, as given and calibrated, and the first one's standard error.

    ``rows`` are those that were compared.
    """

    method: Method
    rows: int
    log_loss: tuple[float, float]
    brier: tuple[float, float]
    error: float

    @property
    def helps(self) -> bool:
        """Whether the log loss falls by more than chance, and the Brier score does not rise."""
        fall = self.log_loss[0] - self.log_loss[1]
        return fall > SURE * self.error and self.brier[1] <= self.brier[0]


class Calibrated(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """A fitted pipeline with its calibration, as scores ask a model."""

    def __init__(self, pipeline: Any, calibration: Calibration) -> None:
        self.pipeline = pipeline
        self.calibration = calibration
        self.classes_ = pipeline.classes_

    def predict_proba(self, rows: Any) -> Numbers:
        """Probabilities, shape (rows, classes)."""
        return calibrated(self.calibration, np.asarray(self.pipeline.predict_proba(rows), dtype=np.float64))

    def predict(self, rows: Any) -> npt.NDArray[Any]:
        """The labels of highest probability."""
        return np.asarray(self.classes_[self.predict_proba(rows).argmax(axis=1)])


def calibration(found: OutOfFold, weights: Numbers) -> tuple[Calibration | None, list[Gain]]:
    """The calibration that helps most, learned from all predictions; none where none helps.

    Each is judged fold by fold, learned from the other folds' predictions alone (from earlier folds', where
    rows have a time), and so are all gains.
    """
    gains = [gain for method in METHODS if (gain := _gain(found, weights, method)) is not None]
    helping = [gain for gain in gains if gain.helps]
    if not helping:
        return None, gains
    best = min(helping, key=lambda gain: gain.log_loss[1])
    return fitted(best.method, found.answers, _places(found), weights), gains


def fitted(
    method: Method, probabilities: Numbers, happened: npt.NDArray[np.intp], weights: Numbers
) -> Calibration | None:
    """The calibration of predictions (rows, classes), ``happened`` being the place of each row's class.

    ``None`` where there are too few for their weights, a class is missing, or higher probabilities are borne
    out less often.
    """
    classes = probabilities.shape[1]
    is_there = np.bincount(happened, weights, classes) > 0
    if not is_there.all() or effective(weights) < LEAST:
        return None
    fit = _sigmoid if method == "sigmoid" else _isotonic
    counted = [1] if classes == 2 else range(classes)
    curves = tuple(fit(probabilities[:, place], happened == place, weights) for place in counted)
    made = Calibration(method=method, curves=curves)
    return made if made.fits(classes) else None


def _sigmoid(probability: Numbers, happened: npt.NDArray[np.bool_], weights: Numbers) -> Any:
    """By Platt's targets, a little inside of 0 and 1: so the slope is finite for perfect predictions."""
    positive = float(weights[happened].sum())
    negative = float(weights.sum()) - positive
    target = np.where(happened, (positive + 1) / (positive + 2), 1 / (negative + 2))
    odds = log_odds(probability)[:, None]
    model = LogisticRegression(C=np.inf, max_iter=1000).fit(
        np.concatenate([odds, odds]),
        np.repeat([1, 0], len(odds)),
        sample_weight=np.concatenate([weights * target, weights * (1 - target)]),
    )
    return ((float(model.coef_[0, 0]), float(model.intercept_[0])),)


def _isotonic(probability: Numbers, happened: npt.NDArray[np.bool_], weights: Numbers) -> Any:
    edge = max(EDGE, 1 / (float(weights.sum()) + 2))
    model = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
    model.fit(np.round(probability, DIGITS), happened.astype(np.float64), sample_weight=weights)
    return tuple(zip(model.X_thresholds_.tolist(), model.y_thresholds_.tolist(), strict=True))


def _gain(found: OutOfFold, weights: Numbers, method: Method) -> Gain | None:
    happened = _places(found)
    after, is_judged = found.answers.copy(), np.zeros(len(happened), dtype=bool)
    for fold in np.unique(found.folds):
        own, before = found.folds == fold, found.before(fold)
        made = fitted(method, found.answers[before], happened[before], weights[before])
        if made is not None:
            after[own], is_judged[own] = calibrated(made, found.answers[own]), True
    if not is_judged.any() or not weights[is_judged].sum():
        return None
    given, raised = (_losses(each[is_judged], happened[is_judged]) for each in (found.answers, after))
    kept = weights[is_judged]
    fall = given["log_loss"] - raised["log_loss"]
    return Gain(
        method=method,
        rows=int(is_judged.sum()),
        log_loss=(_mean(given["log_loss"], kept), _mean(raised["log_loss"], kept)),
        brier=(_mean(given["brier"], kept), _mean(raised["brier"], kept)),
        error=standard_error(fall, kept, found.rows.groups[is_judged]),
    )


def _places(found: OutOfFold) -> npt.NDArray[np.intp]:
    return np.asarray(np.searchsorted(found.classes, found.rows.labels), dtype=np.intp)


def _losses(probabilities: Numbers, happened: npt.NDArray[np.intp]) -> Mapping[str, Numbers]:
    own = probabilities[np.arange(len(happened)), happened]
    squares = (probabilities**2).sum(axis=1) - own**2 + (1 - own) ** 2
    return {"log_loss": -np.log(np.clip(own, EDGE, 1.0)), "brier": squares}


def _mean(losses: Numbers, weights: Numbers) -> float:
    return float((losses * weights).sum() / weights.sum())


def standard_error(values: Numbers, weights: Numbers, units: npt.NDArray[np.intp]) -> float:
    """That of a weighted mean whose rows of one unit belong together; infinite with a single unit.

    Source: Liang and Zeger 1986, the linearised variance of a ratio over clusters.
    """
    numbers = np.unique(units, return_inverse=True)[1]
    many = int(numbers.max()) + 1
    if many < 2:
        return float("inf")
    apart = np.bincount(numbers, weights * (values - _mean(values, weights)), many)
    return float(np.sqrt(many / (many - 1) * (apart**2).sum()) / weights.sum())
