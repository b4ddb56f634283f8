"""Entities of many rows are looked up together, and get what each would get alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.db import connection

from flyball.batches.answering import quick
from flyball.batches.answering.answered import Answered
from flyball.batches.answering.pinned import Pinned, pinned
from flyball.batches.answering.slow import Slow
from flyball.batches.reading.rows import Piece
from flyball.batches.services import ask_batch
from flyball.domain.routing import Lookup
from flyball.domain.schema import Field, Kind, Schema
from flyball.stores import lookups
from flyball.stores.database import Database
from tests.published import publish

pytestmark = pytest.mark.storage

TABLES = (
    "CREATE TABLE person (id bigint PRIMARY KEY, age numeric(5, 2))",
    "INSERT INTO person VALUES (1, 80.5), (2, 30), (3, NULL), (4, 130), (5, 7.25)",
    "CREATE TABLE visiting (person bigint PRIMARY KEY, visits integer)",
    "INSERT INTO visiting VALUES (1, 3), (4, NULL), (5, 9), (6, 2)",
    "CREATE TABLE clinic (id uuid PRIMARY KEY, ward text)",
    "INSERT INTO clinic VALUES ('6f1c2f0e-8a54-4b6a-9a39-0d2b8f5b7c11', 'east')",
    "INSERT INTO clinic VALUES ('6f1c2f0e-8a54-4b6a-9a39-0d2b8f5b7c12', 'north')",
)
EAST, NORTH = "6f1c2f0e-8a54-4b6a-9a39-0d2b8f5b7c11", "6f1c2f0e-8a54-4b6a-9a39-0d2b8f5b7c12"
AGE = Field(name="age", kind=Kind.NUMBER, low=0, high=120, source="person", nullable=False)
VISITS = Field(name="visits", kind=Kind.INTEGER, low=0, high=5, source="visiting", nullable=True)
SENT = Field(name="ward", kind=Kind.CATEGORY, categories=("east", "west"))
STORED = Field(name="ward", kind=Kind.CATEGORY, categories=("east",), source="clinic", unseen="refuse")


def looked_up(database: Database) -> list[Lookup]:
    """Two tables of persons, of which one may be without a row, and one of clinics."""
    mark = "%s" if database.is_postgres else "?"
    like = "'%%s%%'" if database.is_postgres else "'%s%'"
    uuid = f"CAST(CAST({mark} AS text) AS uuid)" if database.is_postgres else mark
    return [
        Lookup(
            table="person",
            on="person_id",
            key_kind=Kind.INTEGER,
            sql=f"SELECT age FROM person WHERE 'says' LIKE {like} AND id = {mark} ORDER BY age DESC LIMIT 1",
            columns=(("age", Kind.NUMBER),),
        ),
        Lookup(
            table="visiting",
            on="person_id",
            key_kind=Kind.INTEGER,
            sql=f"SELECT visits FROM visiting WHERE person = {mark} -- as it is",
            columns=(("visits", Kind.INTEGER),),
        ),
        Lookup(
            table="clinic",
            on="clinic_id",
            key_kind=Kind.TEXT,
            sql=f"SELECT ward FROM clinic WHERE id = {uuid}",
            columns=(("ward", Kind.CATEGORY),),
            is_uuid=True,
        ),
    ]


@pytest.fixture
def tables(db: None) -> Iterator[None]:
    """What is looked up."""
    with connection.cursor() as cursor:
        for each in TABLES:
            cursor.execute(each)
    yield
    with connection.cursor() as cursor:
        for name in ("person", "visiting", "clinic"):
            cursor.execute(f"DROP TABLE {name}")


def version(database: Database, ward: Field, folder: Path) -> Pinned:
    """A version that takes the ward from where ``ward`` says."""
    every = looked_up(database)
    used = every if ward.source == "clinic" else every[:2]
    publish(database, schema=Schema((AGE, ward, VISITS)), lookups=used)
    made = ask_batch(endpoint="triage", source=str(folder / "in.csv"), out=str(folder / "out.csv"))
    return pinned(made)


KEYS: list[Any] = [1, 2, 3, 4, 5, 6, 7, None, 1, 2**62, -1, 5]
TEXTS = ["1", "2.0", "3", " 4 ", "x", "6", "?", "", "1.0", "9" * 30, "-1", "5"]
WARDS = ["east", "west", "south", None, "east", "east", "west", "east", "", "east", "east", "west"]
CLINICS = [EAST, EAST.upper(), NORTH, None, EAST, "none", EAST, "", EAST, EAST, "a" * 2000, NORTH]
PIECES = {
    "typed": Piece(
        100,
        len(KEYS),
        "typed",
        {"person_id": pa.array(KEYS, pa.int64()), "ward": pa.array(WARDS), "clinic_id": pa.array(CLINICS)},
        {},
    ),
    "floating": Piece(
        0,
        len(KEYS),
        "typed",
        {
            "person_id": pa.array([None if key is None else float(key) + (key == 6) / 2 for key in KEYS]),
            "ward": pa.array(WARDS).dictionary_encode(),
            "clinic_id": pa.array(CLINICS).dictionary_encode(),
        },
        {},
    ),
    "text": Piece(
        7,
        len(KEYS),
        "text",
        {"person_id": pa.array(TEXTS), "ward": pa.array(WARDS), "clinic_id": pa.array(CLINICS)},
        {2: "It could not be read.", 10: "Nor could this."},
    ),
}


def said(found: Answered) -> list[Any]:
    """All that is told of a piece."""
    assert found.labels is not None
    assert found.decisions is not None
    return [
        found.places.tolist(),
        found.labels.tolist(),
        found.decisions.tolist(),
        found.warnings,
        found.rejects,
    ]


@pytest.mark.parametrize("content", PIECES)
@pytest.mark.parametrize("ward", [SENT, STORED], ids=["sent", "stored"])
@pytest.mark.usefixtures("tables")
def test_columns_of_entities_are_answered_as_each_row_alone(
    content: str, ward: Field, database: Database, tmp_path: Path
) -> None:
    own = version(database, ward, tmp_path)
    piece, slow = PIECES[content], Slow(own, reference="")
    if ward is SENT:
        del (columns := dict(piece.columns))["clinic_id"]
        piece = Piece(piece.start, piece.length, piece.content, columns, piece.faults)
    assert quick.takes(own, piece)
    found, alone = quick.answer(own, piece, slow), slow.answer(slow.asked(piece))
    assert found is not None
    assert len(alone.places) > 1
    assert {each.code for each in alone.rejects} >= {"missing", "unknown_entity"}
    assert said(found) == said(alone)
    assert found.numbers == pytest.approx(alone.numbers, abs=1e-12)


@pytest.mark.usefixtures("tables")
def test_many_keys_together_find_what_each_finds(database: Database) -> None:
    keys: dict[str, list[Any]] = {
        "person_id": [*range(-2, 3000), 2**62, -(2**62)],
        "clinic_id": [EAST, NORTH, "no clinic", "nul\x00", "", EAST.upper()],
    }
    with closing(database.connect_read_only()) as own:
        for lookup in looked_up(database):
            asked = keys[lookup.on]
            found = lookups.read_many(database, own, lookup, asked)
            assert found == {key: lookups.read(database, own, lookup, key) for key in asked}
            assert any(found.values())


@pytest.mark.usefixtures("tables")
def test_stored_values_of_several_types_are_looked_at_one_by_one(database: Database, tmp_path: Path) -> None:
    if database.is_postgres:
        pytest.skip("PostgreSQL keeps values of other types out of a column.")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE visiting SET visits = 'many' WHERE person = 5")
    own = version(database, SENT, tmp_path)
    piece, slow = PIECES["typed"].some(pa.array([0, 4]).to_numpy()), Slow(own, reference="")
    piece.columns.pop("clinic_id")
    assert quick.answer(own, piece, slow) is None
    found = slow.answer(slow.asked(piece))
    assert [(each.place, each.field, each.code) for each in found.rejects] == [(1, "person_id", "wrong_type")]


@pytest.mark.usefixtures("tables")
def test_what_takes_too_long_together_is_asked_one_by_one(database: Database) -> None:
    if not database.is_postgres:
        pytest.skip("SQLite is asked one by one.")
    slow = Lookup(
        table="person",
        on="person_id",
        key_kind=Kind.INTEGER,
        sql="SELECT age FROM person WHERE id <> %s AND pg_sleep(0.02) IS NOT NULL LIMIT 1",
        columns=(("age", Kind.NUMBER),),
    )
    with closing(database.connect_read_only()) as own:
        own.execute("SET statement_timeout = 500")
        found = lookups.read_many(database, own, slow, range(100, 140))
    assert list(found) == list(range(100, 140))
    assert all(found.values())
