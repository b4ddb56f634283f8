"""Everything that is recorded of one person goes, and nothing of anybody else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from flyball.domain.errors import Erased, TooManyHeld
from flyball.domain.records import Outcome, Prediction, entity_key, now
from flyball.domain.values import Scalar
from flyball.stores import erasing, expiring, outcomes, records
from flyball.stores.database import Database
from flyball.stores.erasing import Erasure, Person
from flyball.stores.records import Submission
from tests.stores.predictions import NOON, keep, made, write

pytestmark = pytest.mark.storage
WHO: dict[str, Scalar] = {"customer_id": 4711}
OTHER: dict[str, Scalar] = {"customer_id": 4712}
KEY = entity_key(WHO) or ""
ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
LATER = NOON + timedelta(days=1)
BY_ENTITY = Person(endpoint="triage", keys=(KEY,), entity=WHO, copies=(("customer", "4711"),))


def told(database: Database, connection: Any, *some: Outcome) -> None:
    outcomes.record(database, connection, some, NOON)


def about(connection: Any, text: str) -> list[tuple[str, Any]]:
    """Every row of what is recorded that holds a text, by its table. Ids are drawn, and may hold any."""
    tables = ("prediction", "outcome", "idempotency_key", "online_row")
    rows = [
        (table, tuple(row))
        for table in tables
        for row in connection.execute(f"SELECT * FROM flyball_{table}").fetchall()
    ]
    return [(table, row) for table, row in rows if text in ID.sub("", str(row))]


def erased(database: Database, connection: Any, some: Sequence[Prediction]) -> list[bool]:
    found = records.many(database, connection, [each.id for each in some])
    return [found[each.id].erased_at is not None for each in some]


def test_all_of_an_entity_goes_with_outcomes_of_every_state_and_copies(
    database: Database, connection: Any
) -> None:
    mine = [made(minutes, reference=f"mine-{minutes}", entity=WHO) for minutes in range(120)]
    others = [made(minutes, reference=f"other-{minutes}", entity=OTHER) for minutes in range(3)]
    keep(database, connection, *mine, *others)
    told(
        database,
        connection,
        Outcome(endpoint="triage", value="4711-bound", prediction=mine[0].id),
        Outcome(endpoint="triage", value="4711-unbound", reference="mine-1"),
        Outcome(endpoint="triage", value="4711-unmatched", entity=WHO, occurred_at=NOON - timedelta(days=9)),
        Outcome(endpoint="triage", value="4711-held", entity=WHO, occurred_at=now() + timedelta(days=9)),
        Outcome(endpoint="triage", value="kept", prediction=others[0].id),
    )
    sql = (
        'INSERT INTO flyball_online_row (endpoint, feature_table, key, load, "values") VALUES (?, ?, ?, ?, ?)'
    )
    for key in ("4711", "4712"):
        connection.execute(database.sql(sql), ("triage", "customer", key, 1, f'{{"name": "c{key}"}}'))
    done = erasing.erase_person(database, connection, BY_ENTITY, LATER)
    assert done == Erasure(predictions=120, outcomes=4, copies=1)
    assert about(connection, "4711") == []
    assert about(connection, "mine-") == []
    assert erased(database, connection, others) == [False] * 3
    assert len(about(connection, "4712")) == 4


def test_all_of_a_reference_goes_also_what_a_person_bound_elsewhere(
    database: Database, connection: Any
) -> None:
    mine, other = made(1, reference="loan-1", entity=WHO), made(2, reference="loan-2", entity=OTHER)
    keep(database, connection, mine, other)
    told(database, connection, Outcome(endpoint="triage", value="ill", reference="loan-x"))
    told(database, connection, Outcome(endpoint="triage", value="loan-1", reference="loan-1"))
    (held,) = connection.execute("SELECT id FROM flyball_outcome WHERE state = 'held'").fetchone()
    connection.execute(
        database.sql("UPDATE flyball_outcome SET state = 'bound', prediction = ?, bound_by = ? WHERE id = ?"),
        (database.id_in(other.id), "person", held),
    )
    connection.execute(
        database.sql(
            "INSERT INTO flyball_outcome_change (outcome_id, kind, before, created_at) VALUES (?, ?, ?, ?)"
        ),
        (held, "resolution", "held", database.moment_in(NOON)),
    )
    for reference in ("loan-1", "loan-x"):
        erasing.erase_person(database, connection, Person(endpoint="triage", reference=reference), LATER)
        assert about(connection, reference) == []
    assert erased(database, connection, [mine, other]) == [True, False]


def test_an_entity_is_found_where_it_was_stored_with_further_names(
    database: Database, connection: Any
) -> None:
    mine = made(1, entity={"branch": 3, **WHO})
    other = made(2, entity={"branch": 4711, **OTHER})
    keep(database, connection, mine, other)
    told(
        database,
        connection,
        Outcome(endpoint="triage", value="x", entity={"branch": 9, **WHO}, occurred_at=NOON),
    )
    person = Person(endpoint="triage", keys=(KEY,), entity=WHO, is_wide=True)
    assert erasing.erase_person(database, connection, person, LATER) == Erasure(predictions=1, outcomes=1)
    assert erased(database, connection, [mine, other]) == [True, False]


def test_what_is_known_of_the_request_goes_and_a_retry_is_refused_all_the_same(
    database: Database, connection: Any
) -> None:
    mine, beside = made(1, entity=WHO), made(1, entity=OTHER)
    sent = Submission(predictions=(mine,), idempotency="a" * 64, request="h" * 64)
    another = Submission(predictions=(beside,), idempotency="b" * 64, request="i" * 64)
    write(database, connection, sent, another)
    done = erasing.erase_person(database, connection, BY_ENTITY, LATER)
    assert (done.predictions, done.keys) == (1, 1)
    assert about(connection, "h" * 64) == []
    with pytest.raises(Erased):
        records.by_idempotency(database, connection, "a" * 64, "h" * 64)
    assert records.by_idempotency(database, connection, "b" * 64, "i" * 64)
    again = Submission(predictions=(made(5, entity=WHO),), idempotency="a" * 64, request="h" * 64)
    assert [type(each) for each in write(database, connection, again)] == [Erased]


def test_no_more_are_held_than_there_is_room_for(database: Database, connection: Any) -> None:
    some = [Outcome(endpoint="triage", value="x", reference=f"w-{place}") for place in range(3)]
    told(database, connection, *some[:2])
    assert outcomes.room_for_held(database, connection, "triage", 2) == 0
    assert outcomes.room_for_held(database, connection, "elsewhere", 2) == 2
    with pytest.raises(TooManyHeld):
        outcomes.record(database, connection, some[2:], NOON, room=0)
    keep(database, connection, made(reference="known"))
    bound = [Outcome(endpoint="triage", value="x", reference="known")]
    assert outcomes.record(database, connection, bound, NOON, room=0).bound == 1


def test_held_outcomes_and_keys_end_with_time(database: Database, connection: Any) -> None:
    sent = Submission(predictions=(made(1),), idempotency="a" * 64, request="h" * 64)
    write(database, connection, sent)
    waiting = [Outcome(endpoint="triage", value="x", reference=f"w-{place}") for place in range(3)]
    outcomes.record(database, connection, waiting[:2], NOON)
    outcomes.record(database, connection, waiting[2:], LATER)
    assert expiring.expire_held(database, connection, "triage", LATER) == 2
    assert len(about(connection, "w-")) == 1
    assert expiring.expire_keys(database, connection, sent.predictions[0].created_at) == 0
    assert expiring.expire_keys(database, connection, LATER) == 1
    assert about(connection, "a" * 64) == []
