"""Golden rows say nothing about anybody, and still ask the model about every column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from flyball.domain.routing import Manifest
from flyball.inference.frame import scalars
from flyball.learning.dataset import Dataset
from flyball.learning.package import packaged
from flyball.learning.pipeline import prepared
from tests.learning import rows

SIZE = 120
RARE = "ochre"


@pytest.fixture
def telling(tmp_path: Path) -> Dataset:
    """Rows with what identifies: amounts of one person each, names in letters, a colour that two have."""
    draw = np.random.default_rng(3)
    return rows.changed(
        tmp_path,
        {
            "amount": draw.normal(size=SIZE).tolist(),
            "colour": [RARE, RARE] + ["blue", "green"] * (SIZE // 2 - 1),
            "letter": [f"a good day Person{place} said" for place in range(SIZE)],
        },
        size=SIZE,
    )


def manifest_of(data: Dataset) -> Manifest:
    model = prepared(rows.SCHEMA, LogisticRegression(), task="classification").fit(data.frame, data.labels)
    return packaged(model, data, rows.SCHEMA, endpoint="x", task="classification").manifest


def test_golden_rows_hold_no_recorded_row_and_nothing_that_few_have(telling: Dataset) -> None:
    golden = [row for row, _ in manifest_of(telling).golden]
    recorded = scalars(rows.SCHEMA, telling.frame)
    assert not [row for row in golden if row in recorded]
    amounts = {row["amount"] for row in recorded}
    assert not [row for row in golden if row["amount"] in amounts]
    text = msgspec.json.encode(golden).decode()
    assert "Person" not in text
    assert RARE not in text


def test_golden_rows_ask_about_every_column(telling: Dataset) -> None:
    golden = [row for row, _ in manifest_of(telling).golden]
    assert len(golden) == 8
    for name in ("amount", "hours-per-week", "member", "colour", "branch", "letter", "since"):
        assert len({json.dumps(row[name]) for row in golden}) > 1, name
    assert {row["colour"] for row in golden} == {"blue", "green"}
    assert {type(row["branch"]) for row in golden} <= {int, type(None)}
    assert {word for row in golden for word in str(row["letter"]).split()} == {"a", "good", "day", "said"} | (
        {"made", "up"}
    )


def test_a_category_that_is_as_frequent_as_one_person_is_not_shared(tmp_path: Path) -> None:
    colours: list[Any] = [RARE] * (SIZE // 2) + ["blue"] * (SIZE // 2)
    data = rows.changed(tmp_path, {"colour": colours}, size=SIZE, entities=SIZE)
    one = data.entities.copy()
    one[: SIZE // 2] = 0  # all of them are one customer's
    object.__setattr__(data, "entities", one)
    assert RARE not in {row["colour"] for row, _ in manifest_of(data).golden}
