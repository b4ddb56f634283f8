"""Columns that are checked whole say what rows say that are checked one by one, and so do look-ups."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.db import connection

from flyball.batches.answering.columns import checked, plain
from flyball.batches.answering.moments import moments
from flyball.batches.options import Options
from flyball.batches.reading.rows import Piece
from flyball.batches.services import ask_batch
from flyball.domain.routing import Lookup
from flyball.domain.schema import Field, Kind, Schema, check
from flyball.serving.preparing import csv_rows
from flyball.stores.database import Database
from tests.batches.world import done, rows
from tests.published import publish

FIELDS = [
    Field(name="f", kind=Kind.NUMBER, low=0, high=10, nullable=True),
    Field(name="f", kind=Kind.NUMBER, low=0, high=10, unseen="refuse"),
    Field(name="f", kind=Kind.INTEGER, low=-3, high=2**53 + 2),
    Field(name="f", kind=Kind.BOOLEAN),
    Field(name="f", kind=Kind.CATEGORY, categories=("a", 1, True), nullable=True),
    Field(name="f", kind=Kind.CATEGORY, categories=("a",), unseen="refuse"),
    Field(name="f", kind=Kind.TEXT),
    Field(name="f", kind=Kind.TIMESTAMP),
]
TYPED = [
    pa.array([0.0, 10.0, -0.0, 10.5, float("nan"), float("inf"), -float("inf"), None, 1e300, 3.5]),
    pa.array([0, -3, -4, None, 2**53 + 1, 2**53 + 3, 2**63 - 1]),
    pa.array([2**64 - 1, 2**63, 1, None], pa.uint64()),
    pa.array([1.5, None, 7.0], pa.float32()),
    pa.array([1.5, None, 7.0], pa.float16()),
    pa.array([True, None, False]),
    pa.array(["a", "", "b\x00", None, "2026-01-31", "1", "true", "NaN", "\U0001f600"]),
    pa.array(["a", "b", "a", None]).dictionary_encode(),
    pa.array([b"a", b"\xff", None]),
    pa.array([[1], None, []], pa.list_(pa.int64())),
    pa.array([Decimal("1.50"), None, Decimal("7")], pa.decimal128(5, 2)),
    pa.array([datetime(2026, 1, 31, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
    pa.array([date(2026, 1, 31), None]),
    pa.nulls(3),
]
TEXTS = pa.array(
    [
        *(
            "1",
            " 1.0 ",
            "1_0",
            "1e400",
            "NaN",
            "nan",
            "?",
            "",
            "true",
            "True",
            "a",
            "A",
            "-0",
            "9" * 41,
            "\x00",
        ),
        *(
            "3.5",
            "2026-01-31",
            "2026-01-31T00:00:00+02:00",
            "0001-01-01T00:00:00+14:00",
            "inf",
            "0x1",
            "\u0661",
        ),
        None,
    ]
)


def one_by_one(field: Field, values: list[Any]) -> list[tuple[Any, str, str]]:
    found = []
    for value in values:
        said = check(Schema((field,)), {field.name: value})
        problem, warning = said.problems[:1], said.warnings[:1]
        code, beside = problem[0].code if problem else "", warning[0].code if warning and not problem else ""
        found.append((None if problem else said.values["f"], code, beside))
    return found


def together(field: Field, column: Any, read: Any = None) -> list[tuple[Any, str, str]]:
    found = checked(field, column, len(column), read)
    values = found.values.to_pylist()
    codes = [found.problems[place].code if place in found.problems else "" for place in range(len(column))]
    beside = [found.warnings[place].code if place in found.warnings else "" for place in range(len(column))]
    return [
        (None if code else value, code, one) for value, code, one in zip(values, codes, beside, strict=True)
    ]


def as_models_see(field: Field, told: list[tuple[Any, str, str]]) -> list[tuple[Any, str, str]]:
    """Numbers as numbers, categories by their texts: NaN is missing."""
    from flyball.domain.values import category_text

    def seen(value: Any) -> Any:
        if value is None or value != value:
            return None
        if field.kind is Kind.CATEGORY:
            return category_text(value)
        return float(value) if field.kind in {Kind.NUMBER, Kind.INTEGER} else value

    return [(seen(value), code, beside) for value, code, beside in told]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.kind} {field.unseen}")
@pytest.mark.parametrize("column", TYPED, ids=lambda column: str(column.type))
def test_a_typed_column_is_checked_as_its_values_are(field: Field, column: Any) -> None:
    expected = one_by_one(field, [plain(each.as_py(), None) for each in column])
    assert as_models_see(field, together(field, column)) == as_models_see(field, expected)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.kind} {field.unseen}")
def test_a_column_of_texts_is_read_as_those_of_a_csv_file(field: Field) -> None:
    read = csv_rows.readers(Schema((field,)))["f"]
    expected = one_by_one(field, [None if each is None else plain(each, read) for each in TEXTS.to_pylist()])
    assert as_models_see(field, together(field, TEXTS, read)) == as_models_see(field, expected)


def test_a_moment_that_no_calendar_has_is_its_row_s_fault() -> None:
    far = pa.array([2**61, 0, None]).cast(pa.timestamp("s", "UTC"))
    field = Field(name="f", kind=Kind.TIMESTAMP, nullable=True)
    assert {place: said.code for place, said in checked(field, far, 3).problems.items()} == {0: "wrong_type"}
    seen, problems = moments(Piece(0, 3, "typed", {"f": far}, {}), "f", datetime.now(UTC))
    assert seen == [None, datetime(1970, 1, 1, tzinfo=UTC), None]
    assert {place: said.code for place, said in problems.items()} == {0: "wrong_type", 2: "missing"}


@pytest.mark.storage
def test_features_are_looked_up_and_rows_of_unknown_entities_are_told(
    database: Database, tmp_path: Path
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE person (id integer PRIMARY KEY, age numeric(5, 2), ward text)")
        cursor.execute("INSERT INTO person VALUES (1, 80.5, 'east'), (2, 30, 'north'), (3, NULL, 'west')")
    mark = "%s" if database.is_postgres else "?"
    schema = Schema(
        (
            Field(name="age", kind=Kind.NUMBER, low=0, high=120, source="person"),
            Field(name="ward", kind=Kind.CATEGORY, categories=("east", "west"), source="person"),
        )
    )
    lookup = Lookup(
        table="person",
        on="person_id",
        key_kind=Kind.INTEGER,
        sql=f"SELECT age, ward FROM person WHERE id = {mark}",
        columns=(("age", Kind.NUMBER), ("ward", Kind.CATEGORY)),
    )
    try:
        publish(database, schema=schema, lookups=[lookup])
        (tmp_path / "in.csv").write_text("person_id\n1\n9\n1.0\n2\n3\nx\n?\n")
        made = ask_batch(
            endpoint="triage",
            source=str(tmp_path / "in.csv"),
            out=str(tmp_path / "out.csv"),
            options=Options(chunk_rows=4),
        )
        job = done(made)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE person")
    assert job.status == "succeeded", job.error
    answers = rows(tmp_path / "out.csv")
    assert [(row["row"], row["label"]) for row in answers] == [
        ("1", "ill"),
        ("3", "ill"),
        ("4", answers[2]["label"]),
    ]
    assert "unseen_category" in answers[2]["warnings"]
    told = [(row["row"], row["field"], row["code"]) for row in rows(tmp_path / "out.rejects.csv")]
    assert told == [
        ("2", "person_id", "unknown_entity"),
        ("5", "person_id", "missing"),
        ("6", "person_id", "wrong_type"),
        ("7", "person_id", "missing"),
    ]
