"""Predictions that a database makes by itself are predictions like those that were asked for."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from itertools import pairwise

import pytest
from benchmarks.filling import fill, stored

from flyball.domain.records import Prediction, now
from flyball.stores import records
from flyball.stores.database import Database
from flyball.stores.rows import NAMES, prediction

ANSWERED = [
    ({"age": age, "ward": "ost, nörd"}, {"label": "ill", "probabilities": {"ill": 0.1 * age}})
    for age in range(3)
]
ROWS = 25

pytestmark = pytest.mark.storage


def everything(database: Database) -> list[Prediction]:
    with closing(database.connect()) as connection:
        found = connection.execute(f"SELECT {NAMES} FROM flyball_prediction ORDER BY id").fetchall()
    return [prediction(database, row) for row in found]


def test_each_is_there_once_in_the_order_of_time_also_across_transactions(database: Database) -> None:
    fill(database, "triage", ROWS, ANSWERED, part=10)
    found = everything(database)
    assert [each.reference for each in found] == [f"filled-{number}" for number in range(ROWS)]
    assert [(each.input, each.output) for each in found[:4]] == [*ANSWERED, ANSWERED[0]]
    assert all(one.created_at <= other.created_at for one, other in pairwise(found))


def test_ids_are_of_version_7_and_tell_the_moment(database: Database) -> None:
    fill(database, "triage", ROWS, ANSWERED)
    found = everything(database)
    assert {each.id.version for each in found} == {7}
    told = [each.id.int >> 80 for each in found]
    assert told == [round(each.created_at.timestamp() * 1000) for each in found]
    assert now() - timedelta(days=1, minutes=1) < found[0].created_at <= found[-1].created_at <= now()


def test_they_are_found_by_their_reference(database: Database) -> None:
    fill(database, "triage", ROWS, ANSWERED)
    with closing(database.connect()) as connection:
        (found,) = records.find(database, connection, endpoints=["triage"], reference="filled-7")
    assert (found.input, found.version, found.arm) == (ANSWERED[1][0], 1, "champion")


def test_what_is_stored_already_is_what_is_repeated(database: Database) -> None:
    fill(database, "triage", 2, ANSWERED)
    assert stored(database, "triage") == ANSWERED[:2]
    with pytest.raises(SystemExit, match="answered nothing yet"):
        stored(database, "other")
