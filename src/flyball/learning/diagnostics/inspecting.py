"""What moves a version's answers: importance of its fields, and its mean answer along each of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.inspection import partial_dependence, permutation_importance

from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.values import Scalar, label_text, timestamp_text
from flyball.inference.frame import scalars
from flyball.learning.dataset import Dataset
from flyball.learning.diagnostics.held import Held, answers
from flyball.learning.diagnostics.table import Table
from flyball.learning.paired import Answers
from flyball.learning.scoring import scorer

REPEATS = 5
"""Times that each field is shuffled."""
ROWS, FEWEST = 500, 50
"""Rows that are asked about once more for each field and repeat, at most and at least."""
AVERAGED = 200
"""Rows that a mean answer is of."""
STEPS = 15
"""Values of a number's range that answers are averaged at."""
MOST_CATEGORIES = 12
MOST_FIELDS = 100
SECONDS = 0.5
"""What either takes about, at most; or as long as answering all held-out rows, where that is longer."""
Found = npt.NDArray[np.float64]


class _Mixed(BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """A loaded version as scikit-learn's inspections ask a model.

    ``columns`` has the values of each field; a row is the place of its value in each of the first of them. So
    rows are shuffled and changed as numbers, and no value is converted to and fro.
    """

    def __init__(self, held: Held, columns: Sequence[Sequence[Scalar]]) -> None:
        self.held = held
        self.columns = columns

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, places: Any, target: Any = None) -> _Mixed:
        """Nothing: it is fitted."""
        return self

    def predict(self, places: Any) -> npt.NDArray[Any]:
        """One value a row."""
        return self._answers(places).values

    def _answers(self, places: Any) -> Answers:
        manifest = self.held.manifest
        asked = np.asarray(places).astype(int).T.tolist()
        # Of very many fields the last of them share a column: they stay together.
        chosen = [
            [column[place] for place in asked[min(number, len(asked) - 1)]]
            for number, column in enumerate(self.columns)
        ]
        names = manifest.schema.names
        rows = [dict(zip(names, values, strict=True)) for values in zip(*chosen, strict=True)]
        return answers(manifest, self.held.runtime.predict(rows))


class _Value(RegressorMixin, _Mixed):  # type: ignore[misc] # scikit-learn is untyped
    """One that answers with numbers."""


class _Label(ClassifierMixin, _Mixed):  # type: ignore[misc] # scikit-learn is untyped
    """One that answers with labels."""

    @property
    def classes_(self) -> npt.NDArray[Any]:
        """The labels, in the order of probabilities."""
        return np.array(self.held.classes)

    def predict_proba(self, places: Any) -> Found:
        """Probabilities, shape (rows, classes)."""
        found = self._answers(places).probabilities
        assert found is not None  # noqa: S101 - answers with labels have them
        return found


def importance(held: Held) -> Table:
    """How much the score falls where a field's values are shuffled among the rows; the most important first.

    With the interval of its mean over ``REPEATS`` shuffles (Student's). Fields that move together hide each
    other: each of them alone looks less important.
    """
    fields = held.manifest.schema.fields[:MOST_FIELDS]
    rows = _some(held, ROWS, len(fields) * REPEATS)
    model, places = _asked(held, rows)
    score = scorer(
        held.plan.metric, held.rows, held.plan.task, positive=held.plan.positive, seed=held.plan.seed
    )

    def scored(estimator: Any, shuffled: Any, target: Any) -> float:
        return score(estimator, _dataset(held, shuffled, target, rows))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a score that is not defined: it is None then
        found = permutation_importance(
            model, places, held.happened[rows], scoring=scored, n_repeats=REPEATS, random_state=held.plan.seed
        )
    half = t.ppf(0.975, REPEATS - 1) * found.importances.std(axis=1, ddof=1) / REPEATS**0.5
    order = np.argsort(-found.importances_mean, kind="stable")
    order = order[order < len(fields)]
    mean = found.importances_mean
    return Table.of(
        ("field", "importance", "lower", "upper", "rows"),
        [
            (fields[each].name, mean[each], mean[each] - half[each], mean[each] + half[each], len(rows))
            for each in order
        ],
    )


def dependence(held: Held, fields: Sequence[str]) -> Table:
    """The mean answer where a field has the same value in some rows, for these fields and each class counted.

    ``share`` is the part of the held-out rows whose value is nearest to it: where it is small, the model was
    asked about what hardly happens.
    """
    every = enumerate(held.manifest.schema.fields[:MOST_FIELDS])
    grids = [(place, field, _grid(held, field)) for place, field in every if field.name in fields]
    asked = sorted(
        (each for each in grids if len(each[2]) > 1),
        key=lambda each: fields.index(each[1].name),
    )
    rows = _some(held, AVERAGED, sum(len(grid) for _, _, grid in asked) or 1)
    found: list[tuple[Any, ...]] = []
    for place, field, grid in asked:
        model, places = _asked(held, rows, {place: [value for value, _ in grid]})
        at = np.arange(len(rows), len(rows) + len(grid), dtype=float)
        means = partial_dependence(
            model,
            places,
            [place],
            sample_weight=None if held.rows.weights is None else held.rows.weights[rows],
            custom_values={place: at},
            method="brute",
            response_method="auto" if held.plan.task == "regression" else "predict_proba",
        )["average"]
        for number, (name, mean) in enumerate(_counted(held, means)):
            found += [
                (field.name, name, _text(value), _number(field, value), float(each), share, number == 0)
                for (value, share), each in zip(grid, mean, strict=True)
            ]
    return Table.of(("field", "class", "value", "at", "answer", "share", "is_first"), found)


def _some(held: Held, most: int, times: int) -> npt.NDArray[np.intp]:
    """Places of rows that are asked about so many times; fewer of a version that takes long to answer."""
    size = len(held.rows)
    seconds = max(SECONDS, held.seconds * size)
    few = max(FEWEST, int(seconds / max(held.seconds, 1e-6) / times))
    drawn = np.random.default_rng(held.plan.seed).permutation(size)[: min(most, few)]
    return np.sort(drawn)


def _asked(
    held: Held, rows: npt.NDArray[np.intp], more: dict[int, list[Scalar]] | None = None
) -> tuple[_Mixed, Found]:
    """A model over some rows' values, with ``more`` values of a field; and these rows as places in them."""
    names = held.manifest.schema.names
    columns = [
        [held.inputs[row][name] for row in rows] + (more or {}).get(place, [])
        for place, name in enumerate(names)
    ]
    kind = _Value if held.plan.task == "regression" else _Label
    return kind(held, columns), np.tile(
        np.arange(len(rows), dtype=float)[:, None], (1, min(len(names), MOST_FIELDS + 1))
    )


def _dataset(held: Held, places: Any, target: Any, drawn: npt.NDArray[np.intp]) -> Dataset:
    """What a scorer takes: it reads the frame, the target and the weights of the rows that were drawn."""
    rows = held.rows.take(drawn)
    return Dataset(
        frame=places,
        target=target,
        entities=rows.entities,
        times=None,
        known_at=None,
        keys=rows.keys,
        schema=rows.schema,
        weights=rows.weights,
    )


def _counted(held: Held, means: Found) -> Iterator[tuple[str, Found]]:
    """The mean answers of each class that is counted; scikit-learn gives the second one of two alone."""
    if held.plan.task == "regression":
        yield "", means[0]
        return
    for place in held.counted:
        name = label_text(held.classes[place])
        yield name, (means[0] if place else 1 - means[0]) if held.is_binary else means[place]


Grid = list[tuple[Scalar, float]]
"""Values of a field, each with the share of rows that it stands for."""


def _grid(held: Held, field: Field) -> Grid:
    kinds: dict[Kind, Callable[[Field, pd.Series], Grid]] = {
        Kind.NUMBER: _range,
        Kind.INTEGER: _range,
        Kind.TIMESTAMP: _moments,
        Kind.CATEGORY: _values,
        Kind.BOOLEAN: _values,
    }
    made = kinds.get(field.kind)
    known = held.rows.frame[field.name].dropna()
    return made(field, known) if made is not None and len(known) else []


def _range(field: Field, known: pd.Series) -> Grid:
    """Steps between the percentiles 1 and 99."""
    numbers = known.to_numpy(float)
    points = _steps(numbers)
    whole = field.kind is Kind.INTEGER
    points = np.unique(np.round(points)) if whole else np.unique(points)
    return [
        (int(point) if whole else float(point), share)
        for point, share in zip(points, _shares(numbers, points), strict=True)
    ]


def _moments(field: Field, known: pd.Series) -> Grid:
    numbers = known.dt.as_unit("us").astype("int64").to_numpy()
    points = np.unique(_steps(numbers).astype("int64"))
    texts = [timestamp_text(pd.Timestamp(int(each), unit="us", tz="UTC").to_pydatetime()) for each in points]
    return list(zip(texts, _shares(numbers, points), strict=True))


def _steps(numbers: npt.NDArray[Any]) -> Found:
    low, high = np.quantile(numbers, (0.01, 0.99))
    return np.linspace(float(low), float(high), STEPS)


def _shares(numbers: npt.NDArray[Any], points: npt.NDArray[Any]) -> list[float]:
    nearest = np.searchsorted((points[:-1] + points[1:]) / 2, numbers)
    shares: list[float] = (np.bincount(nearest, minlength=len(points)) / len(numbers)).tolist()
    return shares


def _values(field: Field, known: pd.Series) -> Grid:
    """The most frequent ones, as servers take them."""
    counts = known.value_counts().head(MOST_CATEGORIES)
    column = pd.DataFrame({field.name: counts.index})
    values = [row[field.name] for row in scalars(Schema((field,)), column)]
    return list(zip(values, (counts / len(known)).tolist(), strict=True))


def _text(value: Scalar) -> str:
    return label_text(value) if not isinstance(value, float) else f"{value:g}"


def _number(field: Field, value: Scalar) -> float | None:
    is_number = field.kind in {Kind.NUMBER, Kind.INTEGER} and isinstance(value, int | float)
    return float(value) if is_number and isinstance(value, int | float) else None
