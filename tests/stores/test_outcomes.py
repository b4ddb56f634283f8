"""Outcomes find their prediction, wait for it, or say that they cannot; and become labels."""

from __future__ import annotations

import threading
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from flyball.domain.records import Outcome, Prediction, now
from flyball.stores import erasing, outcomes
from flyball.stores.database import Database
from tests.ids import uuid7
from tests.stores.predictions import NOON, keep, made

pytestmark = pytest.mark.storage
LATER = NOON + timedelta(days=1)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def sent(value: Any = "ill", **values: Any) -> Outcome:
    return Outcome(endpoint=values.pop("endpoint", "triage"), value=value, **values)


def state(database: Database, connection: Any, outcome: Outcome) -> str:
    counts = asdict(outcomes.record(database, connection, [outcome], LATER))
    return next(name for name, count in counts.items() if count)


def bound_to(connection: Any, database: Database) -> list[Any]:
    rows = connection.execute("SELECT prediction FROM flyball_outcome ORDER BY id").fetchall()
    return [None if row[0] is None else database.id_out(row[0]) for row in rows]


ONE = made(0, reference="r", entity={"id": 1})
TWICE = [made(0, reference="r", entity={"id": 1}), made(10, reference="r", entity={"id": 1})]
ELSEWHERE = {"endpoint": "x"}
ENTITY = {"entity": {"id": 1}}
FIRST = {"reference": "r", "repeated": "first"}
REFUSED = {"reference": "r", "repeated": "refuse"}
RULES = [
    ("a known id is bound", [ONE], {"prediction": ONE.id}, "bound", 0),
    ("an id that nobody gave is unmatched", [ONE], {"prediction": uuid7()}, "unmatched", None),
    ("an id of another endpoint is unmatched", [ONE], {"prediction": ONE.id} | ELSEWHERE, "unmatched", None),
    ("one prediction of that reference is bound", [ONE], {"reference": "r"}, "bound", 0),
    ("one is bound at any time", [ONE], {"reference": "r", "occurred_at": at(-5)}, "bound", 0),
    ("a reference that is not there yet is waited for", [ONE], {"reference": "s"}, "held", None),
    ("another endpoint's reference is waited for", [ONE], {"reference": "r"} | ELSEWHERE, "held", None),
    ("of several the latest is bound without a time", TWICE, {"reference": "r"}, "bound", 1),
    ("of several the first where declared", TWICE, {"reference": "r", "repeated": "first"}, "bound", 0),
    ("the first before its time", TWICE, FIRST | {"occurred_at": at(10)}, "bound", 0),
    ("the first, but for one that is later", TWICE, FIRST | {"occurred_at": at(-1)}, "ambiguous", None),
    (
        "several are refused where declared",
        TWICE,
        {"reference": "r", "repeated": "refuse"},
        "ambiguous",
        None,
    ),
    ("refused with a time, too", TWICE, REFUSED | {"occurred_at": at(9)}, "ambiguous", None),
    ("one alone is not refused", [ONE], {"reference": "r", "repeated": "refuse"}, "bound", 0),
    ("of several the latest is bound", TWICE, {"reference": "r", "occurred_at": at(10)}, "bound", 1),
    ("of several none that is later", TWICE, {"reference": "r", "occurred_at": at(9)}, "bound", 0),
    ("several later ones are ambiguous", TWICE, {"reference": "r", "occurred_at": at(-1)}, "ambiguous", None),
    ("an entity's latest is bound", TWICE, ENTITY | {"occurred_at": at(10)}, "bound", 1),
    ("an entity's latest before that time", TWICE, ENTITY | {"occurred_at": at(9)}, "bound", 0),
    ("any spelling", TWICE, {"entity": {"id": "1"}, "occurred_at": at(9)}, "bound", 0),
    ("none before that time is unmatched", TWICE, ENTITY | {"occurred_at": at(-1)}, "unmatched", None),
    ("a time to come is waited for", [], ENTITY | {"occurred_at": LATER + timedelta(days=1)}, "held", None),
    ("an entity without a time is unmatched", [ONE], ENTITY, "unmatched", None),
]


@pytest.mark.parametrize(
    ("rule", "stored", "how", "expected", "place"), RULES, ids=[rule[0] for rule in RULES]
)
def test_an_outcome_is_bound_by_rule(
    database: Database,
    connection: Any,
    rule: str,
    stored: list[Prediction],
    how: dict[str, Any],
    expected: str,
    place: int | None,
) -> None:
    keep(database, connection, *stored)
    assert state(database, connection, sent(**how)) == expected
    assert bound_to(connection, database) == [None if place is None else stored[place].id]


HELD = [
    ("a reference", {"reference": "late"}, {"reference": "late"}, True),
    ("another reference", {"reference": "late"}, {"reference": "other"}, False),
    ("another endpoint", {"reference": "late"}, {"reference": "late", "endpoint": "x"}, False),
    ("an entity before its time", {"entity": {"id": 5}, "occurred_at": LATER + timedelta(hours=2)},
     {"entity": {"id": 5}, "created_at": LATER + timedelta(hours=1)}, True),
    ("an entity after its time", {"entity": {"id": 5}, "occurred_at": LATER + timedelta(hours=2)},
     {"entity": {"id": 5}, "created_at": LATER + timedelta(hours=3)}, False),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "how", "arrives", "binds"), HELD, ids=[rule[0] for rule in HELD])
def test_a_held_outcome_is_bound_when_its_prediction_comes(
    database: Database, connection: Any, rule: str, how: dict[str, Any], arrives: dict[str, Any], binds: bool
) -> None:
    assert state(database, connection, sent(**how)) == "held"
    late = made(**arrives)
    keep(database, connection, late)
    assert bound_to(connection, database) == [late.id if binds else None]


def test_a_held_outcome_goes_to_the_first_prediction_of_its_reference(
    database: Database, connection: Any
) -> None:
    assert state(database, connection, sent(reference="late")) == "held"
    first, second = made(0, reference="late"), made(1, reference="late")
    keep(database, connection, first, second)
    assert bound_to(connection, database) == [first.id]


def test_nothing_that_was_sent_is_lost(database: Database, connection: Any) -> None:
    keep(database, connection, ONE)
    many = [sent(reference=str(number)) for number in range(450)] + [sent(prediction=ONE.id)]
    counts = outcomes.record(database, connection, many, LATER)
    assert counts == outcomes.Counts(bound=1, held=450)
    assert connection.execute("SELECT count(*) FROM flyball_outcome").fetchone()[0] == 451


def label_of(database: Database, connection: Any, received_until: datetime = LATER) -> list[Any]:
    found = outcomes.labelled(database, connection, "triage", until=LATER, received_until=received_until)
    return [label for _, label, _ in found]


def test_the_last_correction_counts(database: Database, connection: Any) -> None:
    keep(database, connection, ONE)
    for value in ("ill", "well"):
        state(database, connection, sent(value, prediction=ONE.id))
    assert label_of(database, connection) == ["well"]


@pytest.mark.parametrize(("minutes", "known"), [(59, []), (60, ["ill"]), (119, ["ill"]), (120, ["well"])])
def test_of_a_moment_that_has_passed_only_what_was_received_by_then_counts(
    database: Database, connection: Any, minutes: int, known: list[Any]
) -> None:
    keep(database, connection, ONE)
    for value, received in (("ill", 60), ("well", 120)):
        outcomes.record(database, connection, [sent(value, prediction=ONE.id)], at(received))
    assert label_of(database, connection, at(minutes)) == known


@pytest.mark.parametrize("value", ["ill", True, False, 3, 1.5, None, "3", "true", '"'])
def test_a_label_comes_back_with_its_type(database: Database, connection: Any, value: Any) -> None:
    keep(database, connection, ONE)
    state(database, connection, sent(value, prediction=ONE.id))
    (label,) = label_of(database, connection)
    assert (type(label), label) == (type(value), value)


BY_KEY = {"reference": "r", "source": "pull"}
GUESSED = {"entity": {"id": 1}, "occurred_at": at(5), "source": "pull"}
SENT = {"reference": "r"}
LABELS: list[tuple[str, list[tuple[str, dict[str, Any]]], list[str]]] = [
    ("what was pulled is left out, as the rows bring it", [("ill", BY_KEY)], []),
    ("so is what was guessed", [("ill", GUESSED)], []),
    ("a correction does not bring back what the rows bring", [("ill", BY_KEY), ("well", SENT)], []),
    ("nor does it the other way round", [("ill", SENT), ("well", BY_KEY)], []),
    ("what was sent counts after a guess", [("ill", GUESSED), ("well", SENT)], ["well"]),
    ("what was sent counts before a guess", [("well", SENT), ("ill", GUESSED)], ["well"]),
    ("its last correction counts", [("ill", SENT), ("ill", GUESSED), ("well", SENT)], ["well"]),
]


@pytest.mark.parametrize(("rule", "told", "labels"), LABELS, ids=[rule[0] for rule in LABELS])
def test_a_prediction_is_a_row_of_the_next_snapshot_by_rule(
    database: Database,
    connection: Any,
    rule: str,
    told: list[tuple[str, dict[str, Any]]],
    labels: list[str],
) -> None:
    keep(database, connection, ONE)
    for value, how in told:
        assert state(database, connection, sent(value, **how)) == "bound"
    assert label_of(database, connection) == labels


def test_what_is_erased_is_not_learned_from(database: Database, connection: Any) -> None:
    keep(database, connection, ONE)
    state(database, connection, sent(prediction=ONE.id))
    erasing.erase(database, connection, ONE.id, now())
    assert label_of(database, connection) == []
    assert state(database, connection, sent(prediction=ONE.id)) == "unmatched"


def test_labels_come_in_pages_up_to_a_moment(database: Database, connection: Any) -> None:
    every = [made(minutes) for minutes in range(5)]
    keep(database, connection, *every)
    outcomes.record(database, connection, [sent(prediction=each.id) for each in every], LATER)
    seen: list[Prediction] = []
    while page := outcomes.labelled(
        database,
        connection,
        "triage",
        after=seen[-1].id if seen else None,
        limit=2,
        until=at(3),
        received_until=LATER,
    ):
        seen += [prediction for prediction, *_ in page]
    assert seen == every[:4]


def test_an_outcome_and_its_prediction_at_the_same_moment_do_not_miss_each_other(
    database: Database, connection: Any
) -> None:
    rounds = 40

    def predict() -> None:
        own = database.connect()
        keep(database, own, *(made(reference=str(number)) for number in range(rounds)))
        own.close()

    predicting = threading.Thread(target=predict)
    predicting.start()
    for number in range(rounds):
        outcomes.record(database, connection, [sent(reference=str(number))], LATER)
    predicting.join()
    states = connection.execute("SELECT state, count(*) FROM flyball_outcome GROUP BY state").fetchall()
    assert dict(states) == {"bound": rounds}


def test_outcomes_of_one_endpoint_hold_up_no_predictions_of_another(
    database: Database, connection: Any
) -> None:
    if not database.is_postgres:
        pytest.skip("SQLite has one writer at a time.")
    impatient = replace(database, wait_seconds=1).connect()
    with database.transaction(connection):
        outcomes.store(database, connection, [sent(reference="r")], LATER)
        keep(database, impatient, made(reference="r", endpoint="elsewhere"))  # waits, or fails after a second
        keep(database, impatient, made())  # nothing looks for it
    impatient.close()


def test_an_error_is_told_where_the_rollback_after_it_fails_too(database: Database) -> None:
    own = database.connect()

    def broken() -> None:
        with database.transaction(own):
            own.close()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
