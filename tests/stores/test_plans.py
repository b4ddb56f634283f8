"""Each statement of the hot paths finds its rows by an index, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as django_connection

from flyball.control.monitoring import recorded
from flyball.control.monitoring.recorded import Search
from flyball.control.routing import selectors
from flyball.domain.records import Outcome, entity_key, now
from flyball.domain.values import Scalar
from flyball.stores import binding, erasing, expiring, outcomes, pulls, records
from flyball.stores.database import Database
from flyball.stores.erasing import Person
from flyball.stores.pulls import PulledRow
from tests.fakes import Explaining
from tests.ids import uuid7
from tests.stores.predictions import NOON, keep, made, write

pytestmark = pytest.mark.storage
MANY = 3000
TABLES = ("flyball_outcome", "flyball_prediction", "flyball_idempotency_key", "flyball_online_row")
ENTITY: dict[str, Scalar] = {"id": 5}
LATER = NOON + timedelta(days=1)
Work = Callable[[Database, Any], Any]


@pytest.fixture
def filled(database: Database, connection: Any) -> Any:
    """A connection to tables that are larger than a database would read through for one row."""
    every = [
        made(place, reference=f"r-{place}", entity={"id": place}, test=1 if place < 9 else None)
        for place in range(MANY)
    ]
    for start in range(0, MANY, 500):
        some = every[start : start + 500]
        write(database, connection, *[records.Submission(predictions=tuple(some))])
        told = [Outcome(endpoint="triage", value="ill", prediction=each.id) for each in some]
        waiting = [Outcome(endpoint="triage", value="ill", reference=f"w-{each.id}") for each in some]
        outcomes.record(database, connection, told, LATER)
        outcomes.record(database, connection, waiting, LATER)
    connection.execute("ANALYZE")
    if database.is_postgres:  # most partitions are empty, and an empty one is read through where it may be
        connection.execute("SET enable_seqscan = off")
    return connection


def rows() -> list[PulledRow]:
    window = (NOON, LATER)
    return [
        PulledRow(key=f"r-{place}", entity={"id": place}, value="ill", window=window) for place in range(20)
    ] + [PulledRow(key="none", entity={"id": 30}, value="ill", window=window)]


def nothing(references: Sequence[str]) -> set[str]:
    return set()


def listed(database: Database, connection: Any) -> None:
    """Django asks on a connection of its own: its plan is asked for there, by the words that it sends."""
    for state in selectors.UNBOUND:
        sql, values = selectors.outcomes("triage", state)[:100].query.sql_with_params()
        connection.execute(sql if database.is_postgres else sql.replace("%s", "?"), values)


def searched(**given: Any) -> Work:
    """A search of the console, which Django asks for: the plan of each of its statements."""

    def work(database: Database, explaining: Any) -> None:
        def explained(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
            explaining.execute(sql if database.is_postgres else sql.replace("%s", "?"), values or ())
            return execute(sql, values, many, context)

        with django_connection.execute_wrapper(explained):
            recorded.search(Search(**{"endpoints": ["triage"], **given}))

    return work


SEARCHES: list[dict[str, Any]] = [
    {},
    {"endpoints": ["triage", "x"]},
    {"reference": "r-1"},
    {"reference": "r-1", "endpoints": ["triage", "x"]},
    {"entity_key": entity_key(ENTITY)},
    {"entity_key": entity_key(ENTITY), "since": NOON, "until": LATER},
    {"since": NOON, "until": LATER},
    {"test": 1},
    {"test": 1, "before": uuid7(), "version": 1},
    {"version": 1},
    {"label": "ill"},
    {"decision": "wait", "version": 1, "since": NOON},
    {"before": uuid7()},
    {"before": uuid7(), "reference": "r-1", "label": "ill"},
]


@pytest.mark.parametrize("given", SEARCHES, ids=lambda given: " ".join(given) or "all")
def test_no_search_of_the_console_reads_through_the_predictions(
    database: Database, filled: Any, given: dict[str, Any]
) -> None:
    explaining = Explaining(filled, is_postgres=database.is_postgres)
    searched(**given)(database, explaining)
    assert explaining.plans
    assert [line for line in explaining.plans if is_scan(line)] == []


PATHS: list[tuple[str, Work]] = [
    ("a prediction with a reference and an entity is stored",
     lambda database, connection: keep(database, connection, made(reference="new", entity={"id": -1}))),
    ("outcomes are stored by id",
     lambda database, connection: outcomes.record(
         database, connection, [Outcome(endpoint="triage", value="ill", prediction=uuid7())], LATER)),
    ("outcomes are stored by reference",
     lambda database, connection: outcomes.record(
         database, connection, [Outcome(endpoint="triage", value="ill", reference="r-1")], LATER)),
    ("outcomes are stored by entity",
     lambda database, connection: outcomes.record(
         database, connection,
         [Outcome(endpoint="triage", value="ill", entity=ENTITY, occurred_at=LATER)], LATER)),
    ("a page of rows is pulled",
     lambda database, connection: pulls.record(
         database, connection, "triage", rows(), repeated="latest", named=nothing, received_at=LATER)),
    ("what an outcome fits is offered",
     lambda database, connection: binding.newest_of_references(
         database, connection, "triage", ["r-1", "r-2"], 6)),
    ("a page of labels is read",
     lambda database, connection: outcomes.labelled(
         database, connection, "triage", after=uuid7(0), limit=100, until=LATER, received_until=LATER)),
    ("predictions of a reference are found",
     lambda database, connection: records.find(
         database, connection, endpoints=["triage", "x", "y"], reference="r-1")),
    ("predictions of an entity are found",
     lambda database, connection: records.find(
         database, connection, endpoints=["triage", "x", "y"], entity_key=entity_key(ENTITY),
         before=uuid7())),
    ("predictions of an A/B test are found",
     lambda database, connection: records.find(
         database, connection, endpoints=["triage"], test=1, before=uuid7())),
    ("a prediction is erased",
     lambda database, connection: erasing.erase(
         database, connection, records.find(
             database, connection, endpoints=["triage"], reference="r-7")[0].id, now())),
    ("a person is erased by reference",
     lambda database, connection: erasing.erase_person(
         database, connection, Person(endpoint="triage", reference="r-8"), now())),
    ("a person is erased by entity",
     lambda database, connection: erasing.erase_person(
         database, connection,
         Person(endpoint="triage", keys=(entity_key({"id": 9}) or "",), copies=(("t", "9"),)), now())),
    ("a person with further names is erased",
     lambda database, connection: erasing.erase_person(
         database, connection,
         Person(endpoint="triage", keys=(entity_key({"id": 9}) or "",), entity={"id": 9}, is_wide=True),
         now())),
    ("room for held outcomes is counted",
     lambda database, connection: outcomes.room_for_held(database, connection, "triage", 100)),
    ("held outcomes expire",
     lambda database, connection: expiring.expire_held(
         database, connection, "triage", NOON + timedelta(days=2))),
    ("old keys expire", lambda database, connection: expiring.expire_keys(database, connection, LATER)),
    ("a key is looked up",
     lambda database, connection: records.by_idempotency(database, connection, "a" * 64, "r")),
    ("outcomes that found nothing are listed", listed),
]  # fmt: skip


@pytest.mark.parametrize(("path", "work"), PATHS, ids=[path[0] for path in PATHS])
def test_no_statement_reads_through_a_table(database: Database, filled: Any, path: str, work: Work) -> None:
    explaining = Explaining(filled, is_postgres=database.is_postgres)
    work(database, explaining)
    assert explaining.plans
    scans = [line for line in explaining.plans if is_scan(line)]
    assert scans == []


def test_what_is_erased_is_searched_by_its_name_where_nearly_all_outcomes_are_held(
    database: Database, connection: Any
) -> None:
    for start in range(0, MANY, 500):
        names = [f"w-{place}" for place in range(start, start + 500)]
        some = [Outcome(endpoint="triage", value="ill", reference=name) for name in names]
        outcomes.record(database, connection, some, LATER)
    one = made(0, reference="r-1", entity=ENTITY)
    keep(database, connection, one)
    connection.execute("ANALYZE")
    explaining = Explaining(connection, is_postgres=database.is_postgres)
    erasing.erase(database, explaining, one.id, now())
    scans = [line for line in explaining.plans if is_scan(line)]
    assert [line for line in scans if "flyball_outcome" in line] == []


BY_ENTITY = [
    path for path in PATHS if path[0] in {"outcomes are stored by entity", "a page of rows is pulled"}
]


@pytest.mark.parametrize(("path", "work"), BY_ENTITY, ids=[path[0] for path in BY_ENTITY])
def test_of_an_entity_with_many_predictions_those_made_later_are_not_read(
    database: Database, filled: Any, path: str, work: Work
) -> None:
    explaining = Explaining(filled, is_postgres=database.is_postgres)
    work(database, explaining)
    bound = r"Index Cond: .*\bid <" if database.is_postgres else r"flyball_prediction_entity .*\bid<"
    assert [line for line in explaining.plans if re.search(bound, line)]


def is_scan(line: str) -> bool:
    """Whether a line of a plan reads a whole table; partitions have their table's name and more."""
    found = re.search(r"Seq Scan on (\w+)|^SCAN (\w+)", line)
    name = "" if found is None else found[1] or found[2]
    if name == "flyball_outcome_change":
        return False  # few: each is a person's word
    # SQLite calls a table by its alias.
    aliases = {"p", "o", "l"}
    return name in aliases or name.startswith(TABLES)


def test_of_an_old_test_what_came_since_is_not_read(database: Database, filled: Any) -> None:
    explaining = Explaining(filled, is_postgres=database.is_postgres)
    found = records.find(database, explaining, endpoints=["triage"], test=1)
    assert len(found) == 9
    used = [line for line in explaining.plans if "index" in line.lower()]
    assert used
    assert [line for line in used if "test" not in line] == []
