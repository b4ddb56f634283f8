"""Predictions come back as they were stored, are found by what they are about, and can be erased."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from flyball.domain.errors import Problem
from flyball.domain.records import Outcome, entity_key, now
from flyball.domain.values import Scalar
from flyball.stores import erasing, outcomes, records
from flyball.stores.database import Database
from flyball.stores.records import Submission
from tests.ids import uuid7
from tests.stores.predictions import NOON, keep, made, write

pytestmark = pytest.mark.storage

WHOLE = made(
    reference="loan-1",
    entity={"customer_id": 7, "vip": True},
    decision="admit",
    warnings=(Problem("/input/age", "out_of_range", "Outside the range 0 to 120."),),
    input={
        "age": 0.1 + 0.2,
        "ward": 'é"\\\n\t',
        "count": 2**53,
        "tiny": 5e-324,
        "huge": 1e300,
        "none": None,
        "yes": True,
    },
)


@pytest.mark.parametrize("count", [1, 3])
def test_a_prediction_comes_back_as_it_was(database: Database, connection: Any, count: int) -> None:
    others = [made(minutes) for minutes in range(1, count)]
    write(database, connection, Submission(predictions=(WHOLE, *others)))
    assert records.get(database, connection, WHOLE.id) == WHOLE


def test_a_request_of_many_rows_is_stored_whole(database: Database, connection: Any) -> None:
    many = tuple(made(reference=str(number)) for number in range(1001))
    write(database, connection, Submission(predictions=many))
    stored = records.many(database, connection, [each.id for each in many])
    assert [stored[each.id].reference for each in many] == [str(number) for number in range(1001)]


def test_there_is_nothing_under_an_id_that_nobody_gave(database: Database, connection: Any) -> None:
    assert records.get(database, connection, uuid7()) is None


def test_predictions_are_found_by_reference_newest_first_and_in_pages(
    database: Database, connection: Any
) -> None:
    every = [made(minutes, reference="loan-1") for minutes in range(3)]
    keep(database, connection, *every, made(9, reference="loan-2"), made(9, endpoint="x", reference="loan-1"))
    first = records.find(database, connection, endpoints=["triage"], reference="loan-1", limit=2)
    assert [each.id for each in first] == [every[2].id, every[1].id]
    rest = records.find(
        database, connection, endpoints=["triage"], reference="loan-1", before=first[-1].id, limit=2
    )
    assert [each.id for each in rest] == [every[0].id]


def test_predictions_are_found_by_entity(database: Database, connection: Any) -> None:
    wanted = made(entity={"customer_id": 7})
    keep(database, connection, wanted, made(entity={"customer_id": 8}), made())
    found = records.find(
        database, connection, endpoints=["triage", "other"], entity_key=entity_key({"customer_id": "7"})
    )
    assert [each.id for each in found] == [wanted.id]


def test_a_team_without_endpoints_finds_nothing(database: Database, connection: Any) -> None:
    keep(database, connection, made(reference="loan-1"))
    assert records.find(database, connection, endpoints=[], reference="loan-1") == []


def test_the_latest_of_an_entity_is_the_newest(database: Database, connection: Any) -> None:
    older, newer = made(0, entity={"id": 1}), made(5, entity={"id": 1})
    keep(database, connection, older, newer)
    key = entity_key({"id": 1})
    assert key is not None
    latest = records.latest_of_entity(database, connection, "triage", key)
    assert latest is not None
    assert latest.id == newer.id


def test_what_is_to_be_stored_once_is_stored_once_of_one_commit_too(
    database: Database, connection: Any
) -> None:
    same, other = [made(minutes, entity={"customer_id": 7}) for minutes in range(2)], made(2, version=2)
    other = replace(other, entity=same[0].entity)
    batch = [Submission(predictions=(each,), is_once=True) for each in (*same, other)]
    assert write(database, connection, *batch) == [[same[0]], [same[0]], [other]]
    assert set(records.many(database, connection, [each.id for each in (*same, other)])) == {
        same[0].id,
        other.id,
    }


def test_erasing_leaves_a_tombstone_that_says_nothing_about_anybody(
    database: Database, connection: Any
) -> None:
    keep(database, connection, WHOLE)
    sent = Outcome(endpoint="triage", reference="loan-1", value="secret")
    outcomes.record(database, connection, [sent], now())
    assert erasing.erase(database, connection, WHOLE.id, NOON)
    tombstone = records.get(database, connection, WHOLE.id)
    assert tombstone == made(id=WHOLE.id, created_at=WHOLE.created_at, input={}, output={}, erased_at=NOON)
    left = connection.execute("SELECT CAST(value AS text), reference FROM flyball_outcome").fetchall()
    assert [tuple(row) for row in left] == [("null", None)]


PERSON: dict[str, Scalar] = {"customer_id": 7}


def left(connection: Any) -> list[tuple[Any, ...]]:
    sql = "SELECT state, CAST(value AS text), reference, entity_key FROM flyball_outcome ORDER BY id"
    return [tuple(row) for row in connection.execute(sql).fetchall()]


def test_outcomes_that_are_bound_to_none_go_with_the_last_prediction_that_they_could_be_of(
    database: Database, connection: Any
) -> None:
    some = [made(minutes, reference="loan-1", entity=PERSON) for minutes in (1, 2)]
    keep(database, connection, *some)
    sent = [
        Outcome(endpoint="triage", reference="loan-1", value="secret", repeated="refuse"),
        Outcome(endpoint="triage", entity=PERSON, occurred_at=NOON, value="secret"),
        Outcome(endpoint="triage", reference="loan-2", value="kept"),
        Outcome(endpoint="triage", entity={"customer_id": 8}, occurred_at=NOON, value="kept"),
    ]
    outcomes.record(database, connection, sent, NOON)
    before = left(connection)
    assert [row[0] for row in before] == ["ambiguous", "unmatched", "held", "unmatched"]
    assert erasing.erase(database, connection, some[0].id, NOON)
    assert left(connection) == before
    assert erasing.erase(database, connection, some[1].id, NOON)
    assert left(connection) == [(row[0], "null", None, None) for row in before[:2]] + before[2:]


def test_on_sqlite_what_is_erased_leaves_the_files_too(database: Database, connection: Any) -> None:
    if database.is_postgres:
        pytest.skip("PostgreSQL's files are its own matter.")
    long = {"note": "SECRET" * 2000}  # does not fit into a page
    some = [
        made(minutes, reference=f"SECRET-{minutes}", entity={"id": "SECRET"}, input=long)
        for minutes in range(30)
    ]
    keep(database, connection, *some)
    database_file = Path(unquote(urlsplit(database.url).path))
    files = [database_file, Path(f"{database_file}-wal")]
    assert any(b"SECRET" in file.read_bytes() for file in files)
    for each in some:
        erasing.erase(database, connection, each.id, NOON)
    assert database.scrub(connection)
    assert [file.name for file in files if file.exists() and b"SECRET" in file.read_bytes()] == []


def test_what_is_erased_stays_erased_at_its_first_moment(database: Database, connection: Any) -> None:
    keep(database, connection, WHOLE)
    assert erasing.erase(database, connection, WHOLE.id, NOON)
    assert not erasing.erase(database, connection, WHOLE.id, now())
