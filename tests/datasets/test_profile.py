"""The schema and the profile say what the data show, and what the user knows better."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flyball import Clustering, Field, Rows
from flyball.control.datasets import selectors
from flyball.domain import schema as schemas
from flyball.domain.errors import DataError
from flyball.domain.schema import Kind
from tests.applied import take_snapshot

pytestmark = pytest.mark.django_db


def described(
    path: Path, columns: dict[str, list[Any]], **attributes: Any
) -> tuple[dict[str, schemas.Field], Any]:
    """The fields by name, and the profile, of columns in a CSV file."""
    lines = [",".join(map(str, values)) for values in zip(*columns.values(), strict=True)]
    (path / "x.csv").write_text("\n".join([",".join(columns), *lines]) + "\n")
    declaration = type("Groups", (Clustering,), {"rows": Rows("x.csv"), "__module__": __name__} | attributes)
    snapshot = take_snapshot(declaration)
    return {field.name: field for field in selectors.snapshot_schema(snapshot).fields}, snapshot.profile


KINDS: list[tuple[list[Any], Kind, str]] = [
    ([1, 2, 3] * 20, Kind.INTEGER, "few whole numbers are numbers all the same"),
    ([0.5] * 60, Kind.NUMBER, "numbers"),
    (["true", "false"] * 30, Kind.BOOLEAN, "booleans"),
    (["a", "b"] * 30, Kind.CATEGORY, "few texts"),
    ([f"t{i}" for i in range(50)] + ["t0"] * 10, Kind.CATEGORY, "50 texts"),
    ([f"t{i}" for i in range(51)] + ["t0"] * 9, Kind.TEXT, "51 texts"),
    (["2026-01-01"] * 60, Kind.TIMESTAMP, "dates"),
    (["?"] * 60, Kind.CATEGORY, "nothing at all"),
]


@pytest.mark.parametrize(("values", "kind"), [row[:2] for row in KINDS], ids=[row[2] for row in KINDS])
def test_a_kind_is_inferred(values: list[Any], kind: Kind, project: Path) -> None:
    fields, _ = described(project, {"a": values, "b": list(range(60))})
    assert fields["a"].kind is kind


def test_range_categories_and_missing_values_are_seen(project: Path) -> None:
    fields, profile = described(project, {"a": [3, "?", 5, 4], "b": ["z", "x", "z", "?"]})
    assert fields["a"] == schemas.Field(name="a", kind=Kind.INTEGER, nullable=True, low=3, high=5)
    assert fields["b"] == schemas.Field(name="b", kind=Kind.CATEGORY, nullable=True, categories=("x", "z"))
    assert (profile["a"]["count"], profile["a"]["missing"], profile["a"]["mean"]) == (3, 1, 4)
    assert profile["a"]["quantiles"]["0.5"] == 4
    assert profile["b"]["categories"] == [["z", 2], ["x", 1]]


STATED: list[tuple[Field, dict[str, Any]]] = [
    (Field(kind="number"), {"kind": Kind.NUMBER}),
    (Field(kind="category"), {"kind": Kind.CATEGORY, "categories": (1, 2), "low": None, "high": None}),
    (Field(kind="category", categories=(1, 2, 3)), {"categories": (1, 2, 3)}),
    (Field(nullable=True), {"nullable": True}),
    (Field(low=0, high=10), {"low": 0, "high": 10}),
    (Field(unseen="refuse"), {"unseen": "refuse"}),
    (Field(), {"kind": Kind.INTEGER, "low": 1, "high": 2, "unseen": "warn"}),
]


@pytest.mark.parametrize(("stated", "expected"), STATED)
def test_a_field_can_be_stated(stated: Field, expected: dict[str, Any], project: Path) -> None:
    fields, _ = described(project, {"a": [1, 2]}, fields={"a": stated})
    assert {name: getattr(fields["a"], name) for name in expected} == expected


def test_unseen_values_are_treated_as_the_endpoint_says(project: Path) -> None:
    fields, _ = described(project, {"a": [1], "b": [2]}, unseen="refuse", fields={"b": Field(unseen="warn")})
    assert (fields["a"].unseen, fields["b"].unseen) == ("refuse", "warn")


def test_a_field_that_is_no_feature_is_an_error(project: Path) -> None:
    with pytest.raises(DataError, match=r"Groups\.fields: there is no feature 'z'\. The features are: a\."):
        described(project, {"a": [1]}, fields={"z": Field(nullable=True)})
