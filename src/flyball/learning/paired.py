"""Two scores on the same labelled rows, from recorded answers, and an interval of their difference."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t
from sklearn.base import BaseEstimator, ClassifierMixin

from flyball.domain.schema import Schema
from flyball.domain.values import Scalar
from flyball.learning.dataset import Dataset
from flyball.learning.scoring import Score, scorer

GROUPS = 100
"""Into so many groups units are divided, each of which is left out once."""
LEAST_UNITS = 10
"""With fewer of them there is no interval: one of them would decide it."""
UNDEFINED = "The metric is not defined on these rows."
FEW = f"There are fewer than {LEAST_UNITS} units: too few for an interval."
UNSTEADY = "The metric is not defined where some of these rows are left out: there is no interval."
PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was answered to some rows: values, or labels with probabilities of shape (rows, classes)."""

    values: npt.NDArray[Any]
    probabilities: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Rows of which is known what happened; ``units`` numbers whose each is: rows of one are one cluster.

    ``weights`` say how much each counts; ``None``: all count the same.
    """

    happened: npt.NDArray[Any]
    units: npt.NDArray[np.intp]
    weights: npt.NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.happened)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Two scores, greater is better, and the bounds of ``after - before``; what there is not is ``None``.

    ``reason`` says why.
    """

    before: float | None
    after: float | None
    lower: float | None = None
    upper: float | None = None
    reason: str = ""


class Judge:
    """A metric that scores recorded answers as builds score models: by scikit-learn's own scorer of it."""

    def __init__(
        self, metric: str, task: str, *, classes: Sequence[Scalar] = (), positive: Any = None, seed: int = 0
    ) -> None:
        """``classes`` are all labels that there are, in the order of probabilities. Raises as ``scorer``."""
        self._classes = np.array(classes) if classes else None
        known = np.zeros(0) if self._classes is None else self._classes
        self._score: Score = scorer(
            metric, _dataset(known, np.arange(len(known))), task, positive=positive, seed=seed
        )

    def score(self, rows: Labelled, answers: Answers, chosen: npt.NDArray[Any] | None = None) -> float | None:
        """The score of some rows, by their places, or of all; ``None`` where it is not defined."""
        places = np.arange(len(rows)) if chosen is None else chosen
        if not len(places):
            return None
        weights = None if rows.weights is None else rows.weights[places]
        dataset = _dataset(rows.happened[places], places, weights)
        kind = _Values if self._classes is None else _Labels
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # of what is not defined: that is said by the result
                found = float(self._score(kind(answers, self._classes), dataset))
        except ValueError:
            return None
        return found if np.isfinite(found) else None

    def paired(self, rows: Labelled, before: Answers, after: Answers, *, level: float = 0.05) -> Paired:
        """Both scores, and the bounds that hold their difference with chance ``1 - level``.

        The variance is that of a delete-a-group jackknife over units (Kott 2001, "The Delete-a-Group
        Jackknife"; with one unit a group it is the delete-one jackknife over clusters): each group of units
        is left out once, for both scores alike. The bounds are Student's, with one degree of freedom less
        than there are groups. It holds for metrics that move smoothly with their rows: means, and
        U-statistics such as the area under the curve (Arvesen 1969).
        """
        found = (self.score(rows, before), self.score(rows, after))
        if found[0] is None or found[1] is None:
            return Paired(before=found[0], after=found[1], reason=UNDEFINED)
        half = _half(
            _groups(rows.units, GROUPS), lambda left: self._difference(rows, before, after, left), level
        )
        if isinstance(half, str):
            return Paired(before=found[0], after=found[1], reason=half)
        difference = found[1] - found[0]
        return Paired(before=found[0], after=found[1], lower=difference - half, upper=difference + half)

    def bounded(
        self, rows: Labelled, answers: Answers, chosen: npt.NDArray[Any], *, groups: int, level: float = 0.05
    ) -> tuple[float | None, float | None, float | None]:
        """The score of some rows, by their places, and the bounds that hold it with chance ``1 - level``.

        As for ``paired``, with so many groups: fewer are quicker, and their bounds a little wider. No bound
        is above the score of answers that are always right. What is not defined is ``None``.
        """
        found = self.score(rows, answers, chosen)
        if found is None:
            return None, None, None
        half = _half(
            _groups(rows.units[chosen], groups), lambda left: self.score(rows, answers, chosen[left]), level
        )
        if isinstance(half, str):
            return found, None, None
        best = self.score(rows, self._right(rows), chosen)
        return found, found - half, found + half if best is None else max(found, min(found + half, best))

    def _right(self, rows: Labelled) -> Answers:
        """Answers that say what happened, and are sure of it."""
        if self._classes is None:
            return Answers(values=rows.happened)
        sure = (rows.happened[:, None] == self._classes[None, :]).astype(np.float64)
        return Answers(values=rows.happened, probabilities=sure)

    def _difference(
        self, rows: Labelled, before: Answers, after: Answers, chosen: npt.NDArray[Any]
    ) -> float | None:
        one, other = self.score(rows, before, chosen), self.score(rows, after, chosen)
        return None if one is None or other is None else other - one


def _half(
    groups: npt.NDArray[np.intp], of: Callable[[npt.NDArray[np.intp]], float | None], level: float
) -> float | str:
    """Half of an interval of what ``of`` says of the rows that are left, by their places; or why none."""
    many = int(groups.max()) + 1
    if many < LEAST_UNITS:
        return FEW
    left = [of(np.flatnonzero(groups != each)) for each in range(many)]
    known = np.array([each for each in left if each is not None])
    if len(known) < many:
        return UNSTEADY
    variance = (many - 1) / many * float(((known - known.mean()) ** 2).sum())
    return float(t.ppf(1 - level / 2, many - 1) * variance**0.5)


def _groups(units: npt.NDArray[np.intp], many: int) -> npt.NDArray[np.intp]:
    """The group of each row: units are divided by chance, as evenly as can be, and the same way each time."""
    numbers = np.unique(units, return_inverse=True)[1]
    shuffled = np.random.default_rng(0).permutation(int(numbers.max()) + 1)
    return np.asarray(shuffled[numbers] % many, dtype=np.intp)


def _dataset(
    happened: npt.NDArray[Any], places: npt.NDArray[Any], weights: npt.NDArray[np.float64] | None = None
) -> Dataset:
    """Rows whose one feature is their place among the recorded answers."""
    return Dataset(
        frame=pd.DataFrame({PLACE: places}),
        target=happened,
        entities=places[:, None],
        times=None,
        known_at=None,
        keys=places,
        schema=Schema(()),
        weights=weights,
    )


class _Values(BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Recorded answers as scikit-learn's scorers ask a model: a row is its place."""

    def __init__(self, answers: Answers, classes: npt.NDArray[Any] | None) -> None:
        self.answers = answers
        self.classes_ = classes

    def predict(self, places: pd.DataFrame) -> npt.NDArray[Any]:
        """One value a row."""
        return np.asarray(self.answers.values[places[PLACE].to_numpy()])


class _Labels(ClassifierMixin, _Values):  # type: ignore[misc] # scikit-learn is untyped
    """The same for labels."""

    def predict_proba(self, places: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Probabilities, shape (rows, classes)."""
        assert self.answers.probabilities is not None  # noqa: S101 - answers with labels have them
        return np.asarray(self.answers.probabilities[places[PLACE].to_numpy()])
