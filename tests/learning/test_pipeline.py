"""The preprocessing that a schema gives: nothing missing stays missing, nothing unknown fails."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from flyball.domain.errors import DataError
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference.frame import frame
from flyball.learning.dataset import Dataset
from flyball.learning.pipeline import ENCODINGS, prepared, preprocessing
from tests.learning import rows

UNSEEN = {
    "amount": 1e9,
    "hours-per-week": -3,
    "member": True,
    "colour": "ultraviolet",
    "branch": 99,
    "letter": "words nobody wrote",
    "since": "2099-01-01T00:00:00.000000Z",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("row", [{}, UNSEEN], ids=["everything missing", "nothing seen before"])
def test_a_row_unlike_any_other_still_becomes_finite_numbers(
    labelled: Dataset, encoding: str, row: dict[str, object]
) -> None:
    prepare = preprocessing(rows.SCHEMA, encoding=encoding).fit(labelled.frame, labelled.target)
    numbers = prepare.transform(frame(rows.SCHEMA, [row]))  # type: ignore[list-item] # values are scalars
    assert numbers.shape[0] == 1
    assert np.isfinite(numbers).all()


def test_an_unknown_category_counts_as_none_of_the_known_ones() -> None:
    schema = Schema((Field(name="colour", kind=Kind.CATEGORY),))
    prepare = preprocessing(schema).fit(frame(schema, [{"colour": "red"}, {"colour": "blue"}]))
    assert prepare.transform(frame(schema, [{"colour": "green"}])).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("kind", Kind)
def test_a_field_that_is_never_there_does_not_stop_the_others(kind: Kind) -> None:
    schema = Schema((Field(name="gone", kind=kind, nullable=True), Field(name="there", kind=Kind.NUMBER)))
    numbers = preprocessing(schema).fit_transform(frame(schema, [{"there": 1.0}, {"there": 2.0}]))
    assert np.isfinite(numbers).all()


def test_a_schema_of_one_kind_needs_no_other() -> None:
    schema = Schema((Field(name="n", kind=Kind.NUMBER),))
    assert preprocessing(schema).fit_transform(frame(schema, [{"n": 1.0}, {"n": 3.0}])).tolist() == [
        [-1.0],
        [1.0],
    ]


def test_a_column_set_leaves_the_other_fields_out(labelled: Dataset) -> None:
    prepare = preprocessing(rows.SCHEMA, fields=["hours-per-week"])
    assert prepare.fit_transform(labelled.frame).shape == (120, 1)


def test_the_most_telling_columns_are_kept(labelled: Dataset) -> None:
    every = prepared(rows.SCHEMA, LogisticRegression(), task="classification")
    half = prepared(rows.SCHEMA, LogisticRegression(), task="classification", keep=50)
    counts = [pipeline.fit(labelled.frame, labelled.target)[-1].n_features_in_ for pipeline in (every, half)]
    assert counts[1] == pytest.approx(counts[0] / 2, abs=1)


def test_regressions_keep_columns_by_their_correlation(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, task="regression")
    pipeline = prepared(rows.SCHEMA, LogisticRegression(), task="regression", keep=50)
    assert pipeline["select"].fit_transform(np.eye(len(data)), data.labels).shape[1] == 60


def test_a_field_that_the_schema_lacks_is_no_field_left_out() -> None:
    with pytest.raises(DataError, match="hours-per-weak"):
        preprocessing(rows.SCHEMA, fields=["hours-per-weak"])
