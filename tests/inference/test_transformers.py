"""Timestamps and texts as numbers."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import pytest

from flyball.inference.compiled.columns import PARTS
from flyball.inference.transformers import Calendar, Words


def moments(*texts: str | None) -> pd.DataFrame:
    """A frame of one column of timestamps."""
    return pd.DataFrame({"at": pd.to_datetime(pd.Series(texts), utc=True)})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1970-01-01T00:00:00Z", [0.0, 1970, 1, 1, 3, 0]),
        ("2026-11-22T18:00:00Z", [20779.75, 2026, 11, 22, 6, 18]),
        ("2026-11-23T01:00:00+07:00", [20779.75, 2026, 11, 22, 6, 18]),
        ("9999-12-31T00:00:00Z", [2932896.0, 9999, 12, 31, 4, 0]),
        ("1600-02-29T12:00:00Z", [-135080.5, 1600, 2, 29, 1, 12]),
        ("0001-01-01T00:00:00Z", [-719162.0, 1, 1, 1, 0, 0]),
    ],
    ids=["the first", "a Sunday evening", "the same moment elsewhere", "for ever", "long ago", "year 1"],
)
def test_a_timestamp_is_taken_apart_in_utc(text: str, parts: list[float]) -> None:
    assert Calendar().fit_transform(moments(text)).tolist() == [parts]


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_a_timestamp_has_the_same_parts_in_any_unit(unit: Literal["s", "us", "ns"]) -> None:
    timed = moments("2026-11-22T18:00:00.5Z").astype(pd.DatetimeTZDtype(unit, "UTC"))
    parts = Calendar().fit_transform(timed)
    assert parts[0, 0] == pytest.approx(20779.75 + (unit != "s") * 0.5 / 86400, abs=1e-11)


def test_a_missing_timestamp_has_no_parts() -> None:
    parts = Calendar().fit_transform(moments("2026-01-01T00:00:00Z", None))
    assert np.isfinite(parts[0]).all()
    assert np.isnan(parts[1]).all()


def test_columns_of_the_calendar_have_names() -> None:
    names = Calendar().fit(moments("2026-01-01T00:00:00Z")).get_feature_names_out()
    assert names.tolist() == [f"at_{part}" for part in PARTS]


def test_words_are_weighed_and_missing_text_has_none() -> None:
    words = Words().fit(pd.Series(["good day", "good night", None], dtype=object))
    assert words.get_feature_names_out().tolist() == ["day", "good", "night"]
    weights = words.transform(pd.Series(["day", None, "unheard of"], dtype=object))
    assert weights.tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_texts_without_a_word_give_no_column() -> None:
    words = Words().fit(pd.Series([None, "", "?"], dtype=object))
    assert words.transform(pd.Series(["good"], dtype=object)).shape == (1, 0)
    assert words.get_feature_names_out().tolist() == []


def test_only_the_most_frequent_words_count() -> None:
    texts = pd.Series(["often rare", "often", "often scarce"], dtype=object)
    assert Words(limit=1).fit(texts).get_feature_names_out().tolist() == ["often"]
