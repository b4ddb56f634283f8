"""What shadows answer, apart from all that is returned: which predictions they still have, and their rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flyball.domain.errors import Conflict
from flyball.domain.records import Prediction, entity_key
from flyball.domain.shadows import Loss
from flyball.domain.values import Scalar
from flyball.stores import binding
from flyball.stores.database import Database, chunks, rows_of
from flyball.stores.rows import COLUMNS, NAMES, prediction

ANSWERS = "prediction, shadow, output, decision, latency, code, reason, answered_at"
EARLIEST = UUID(int=0)
EXPIRED_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a shadow answered to one prediction's input; ``code`` says why it did not, and is empty else.

    ``reason`` says it in a sentence. ``latency`` is the model's, in microseconds, where it was asked alone.
    """

    prediction: UUID
    output: Mapping[str, Any] | None = None
    decision: str | None = None
    latency: int | None = None
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A prediction with an outcome, what a shadow answered to it, and what has been counted of the two.

    ``own`` and ``other`` are the losses that were counted before; ``unit`` is that of its entity, where this
    row is the one that counts for it.
    """

    stored: Prediction
    output: Mapping[str, Any]
    outcome: Scalar
    own: Loss | None
    other: Loss | None
    unit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What is counted of one row from now on."""

    prediction: UUID
    own: Loss
    other: Loss
    unit: int | None


@dataclass(slots=True, kw_only=True)
class Step:
    """What one step of a shadow changes, all or nothing.

    ``turn`` is the number of its step before: of all who read the same, one takes the next. ``columns`` are
    those of its row; ``agreements`` its sums by version and arm; ``hours`` what was counted of an hour (since
    1970, in UTC).
    """

    shadow: int
    endpoint: str
    turn: int
    columns: Mapping[str, Any] = field(default_factory=dict)
    answers: Sequence[Answer] = ()
    losses: Sequence[Losses] = ()
    agreements: Mapping[tuple[int, str], Mapping[str, Any]] = field(default_factory=dict)
    hours: Mapping[int, Sequence[float]] = field(default_factory=dict)


def take(database: Database, connection: Any, step: Step, moment: datetime) -> None:
    """Write a step. Answers to what was erased meanwhile are left out.

    Raises ``Conflict`` where somebody else has taken that step.
    """
    answers = [_answer(database, step.shadow, each, moment) for each in step.answers]
    sums = [(step.shadow, *key, database.json_in(each)) for key, each in step.agreements.items()]
    hours = [(step.shadow, hour, *counts) for hour, counts in sorted(step.hours.items())]
    columns = {name: database.id_in(v) if isinstance(v, UUID) else v for name, v in step.columns.items()}
    names = "".join(f", {name} = ?" for name in columns)
    advance = f"UPDATE flyball_shadow SET turn = turn + 1{names} WHERE id = ? AND turn = ?"  # noqa: S608 - ours
    with database.transaction(connection):
        # What erases is alone: it finds an answer that is here, and one that comes later finds its mark.
        binding.lock(database, connection, [step.endpoint], alone=False)
        values = (*columns.values(), step.shadow, step.turn)
        if not connection.execute(database.sql(advance), values).rowcount:
            raise Conflict("Another worker has gone on with this shadow.")
        _insert(database, connection, answers)
        _judge(database, connection, step)
        _add_up(database, connection, sums, hours)


def waiting(
    database: Database, connection: Any, endpoint: str, after: UUID, until: UUID, limit: int
) -> list[Prediction]:
    """An endpoint's predictions with an id above ``after`` and below ``until``, in order."""
    sql = (
        f"SELECT {NAMES} FROM flyball_prediction WHERE endpoint = ? AND id > ? AND id < ?"  # noqa: S608 - names
        " ORDER BY id LIMIT ?"
    )
    values = (endpoint, database.id_in(after), database.id_in(until), limit)
    return [prediction(database, row) for row in connection.execute(database.sql(sql), values).fetchall()]


def late(
    database: Database, connection: Any, endpoint: str, shadow: int, after: UUID, until: UUID, limit: int
) -> list[Prediction]:
    """Those of them that the shadow has not answered: they were committed after others with later ids."""
    names = ", ".join(f"p.{name}" for name in COLUMNS)
    sql = (
        f"SELECT {names} FROM flyball_prediction p WHERE p.endpoint = ? AND p.id > ? AND p.id <= ?"  # noqa: S608 - names
        " AND p.erased_at IS NULL AND NOT EXISTS (SELECT 1 FROM flyball_shadow_answer a"
        " WHERE a.prediction = p.id AND a.shadow = ?) ORDER BY p.id LIMIT ?"
    )
    values = (endpoint, database.id_in(after), database.id_in(until), shadow, limit)
    return [prediction(database, row) for row in connection.execute(database.sql(sql), values).fetchall()]


def from_end(database: Database, connection: Any, endpoint: str, until: UUID, place: int) -> UUID | None:
    """The id of the prediction that has ``place`` newer ones below ``until``, or ``None``."""
    sql = "SELECT id FROM flyball_prediction WHERE endpoint = ? AND id < ? ORDER BY id DESC LIMIT 1 OFFSET ?"
    row = connection.execute(database.sql(sql), (endpoint, database.id_in(until), place)).fetchone()
    return None if row is None else database.id_out(row[0])


def count(database: Database, connection: Any, endpoint: str, after: UUID, upto: UUID) -> int:
    """How many predictions have an id above ``after``, up to ``upto``."""
    sql = "SELECT count(*) FROM flyball_prediction WHERE endpoint = ? AND id > ? AND id <= ?"
    values = (endpoint, database.id_in(after), database.id_in(upto))
    (found,) = connection.execute(database.sql(sql), values).fetchone()
    return int(found)


def told(
    database: Database, connection: Any, endpoint: str, after: int, until: datetime, limit: int
) -> list[tuple[int, UUID | None]]:
    """Outcomes received before a moment, with an id above ``after``: their ids, and their predictions."""
    sql = (
        "SELECT id, CASE WHEN state = 'bound' THEN prediction END FROM flyball_outcome"
        " WHERE endpoint = ? AND id > ? AND received_at < ? ORDER BY id LIMIT ?"
    )
    values = (endpoint, after, database.moment_in(until), limit)
    rows = connection.execute(database.sql(sql), values).fetchall()
    return [(int(key), None if each is None else database.id_out(each)) for key, each in rows]


def ripe(
    database: Database, connection: Any, endpoint: str, shadow: int, after: UUID, until: UUID, limit: int
) -> list[UUID]:
    """Predictions between two ids that the shadow has answered and that have an outcome, in order."""
    sql = (
        "SELECT a.prediction FROM flyball_shadow_answer a WHERE a.prediction > ? AND a.prediction <= ?"
        " AND a.shadow = ? AND a.code = '' AND EXISTS (SELECT 1 FROM flyball_outcome o WHERE o.endpoint = ?"
        " AND o.prediction = a.prediction AND o.state = 'bound') ORDER BY a.prediction LIMIT ?"
    )
    values = (database.id_in(after), database.id_in(until), shadow, endpoint, limit)
    return [database.id_out(row[0]) for row in connection.execute(database.sql(sql), values).fetchall()]


def labelled(
    database: Database, connection: Any, endpoint: str, shadow: int, ids: Sequence[UUID]
) -> list[Labelled]:
    """Those of these predictions that the shadow has answered, each with the outcome that was sent last."""
    names = ", ".join(f"p.{name}" for name in COLUMNS)
    found: dict[UUID, Labelled] = {}
    for some in chunks(ids):
        sql = (
            f"SELECT {names}, a.output, a.loss, a.log_loss, a.loss_beside, a.log_loss_beside, a.unit,"  # noqa: S608 - names
            " CAST(o.value AS text) FROM flyball_shadow_answer a"
            " JOIN flyball_prediction p ON p.id = a.prediction"
            " JOIN flyball_outcome o ON o.endpoint = ? AND o.prediction = a.prediction AND o.state = 'bound'"
            f" WHERE a.shadow = ? AND a.code = '' AND p.erased_at IS NULL AND a.prediction IN"
            f" {rows_of(1, len(some))} ORDER BY o.id"
        )
        values = (endpoint, shadow, *(database.id_in(each) for each in some))
        for *row, output, own, own_log, other, other_log, unit, value in connection.execute(
            database.sql(sql), values
        ).fetchall():
            stored = prediction(database, row)
            found[stored.id] = Labelled(
                stored=stored,
                output=database.json_out(output),
                outcome=json.loads(value),
                own=None if own is None else (own, own_log),
                other=None if other is None else (other, other_log),
                unit=unit,
            )
    return list(found.values())


def units(database: Database, connection: Any, shadow: int, some: Sequence[int]) -> set[int]:
    """Which of these units have a row that counts for them."""
    known: set[int] = set()
    for part in chunks(some):
        marks = rows_of(1, len(part))
        sql = f"SELECT unit FROM flyball_shadow_answer WHERE shadow = ? AND unit IN {marks}"  # noqa: S608 - marks
        known |= {int(row[0]) for row in connection.execute(database.sql(sql), (shadow, *part)).fetchall()}
    return known


def unit_of(stored: Prediction) -> int:
    """Whose a row is, beside the version that answered, as a number of 63 bits.

    Its entity; without one its reference; else it stands for itself.
    """
    whose = entity_key(stored.entity) or stored.reference or str(stored.id)
    data = f"{stored.version} {stored.arm} {whose}".encode()
    return int.from_bytes(hashlib.sha256(data).digest()[:8]) >> 1


def expire(database: Database, connection: Any, before: UUID) -> int:
    """Take out what shadows answered to predictions with an id below one; says how many rows."""
    found = "SELECT prediction, shadow FROM flyball_shadow_answer WHERE prediction < ? LIMIT ?"
    gone = "DELETE FROM flyball_shadow_answer WHERE prediction = ? AND shadow = ?"
    taken = 0
    values = (database.id_in(before), EXPIRED_PAGE)
    while rows := connection.execute(database.sql(found), values).fetchall():
        with database.transaction(connection):
            for row in rows:
                taken += connection.execute(database.sql(gone), tuple(row)).rowcount
    return taken


def _answer(database: Database, shadow: int, each: Answer, moment: datetime) -> tuple[Any, ...]:
    return (
        database.id_in(each.prediction),
        shadow,
        None if each.output is None else database.json_in(each.output),
        each.decision,
        each.latency,
        each.code,
        each.reason,
        database.moment_in(moment),
    )


def _insert(database: Database, connection: Any, answers: Sequence[tuple[Any, ...]]) -> None:
    for some in chunks(answers):
        marks = rows_of(1, len(some))
        sql = f"SELECT id FROM flyball_prediction WHERE erased_at IS NOT NULL AND id IN {marks}"  # noqa: S608 - marks
        ids = [row[0] for row in some]
        erased = {row[0] for row in connection.execute(database.sql(sql), ids).fetchall()}
        kept = [row for row in some if row[0] not in erased]
        if kept:
            insert = (
                f"INSERT INTO flyball_shadow_answer ({ANSWERS}) VALUES {rows_of(len(kept), 8)}"  # noqa: S608 - ours
                " ON CONFLICT DO NOTHING"
            )
            connection.execute(database.sql(insert), [value for row in kept for value in row])


def _judge(database: Database, connection: Any, step: Step) -> None:
    sql = database.sql(
        "UPDATE flyball_shadow_answer SET loss = ?, log_loss = ?, loss_beside = ?, log_loss_beside = ?,"
        " unit = ? WHERE prediction = ? AND shadow = ?"
    )
    for each in step.losses:
        key = (database.id_in(each.prediction), step.shadow)
        connection.execute(sql, (*each.own, *each.other, each.unit, *key))


def _add_up(
    database: Database, connection: Any, sums: Sequence[tuple[Any, ...]], hours: Sequence[tuple[Any, ...]]
) -> None:
    kept = (
        "INSERT INTO flyball_shadow_agreement (shadow, version, arm, document) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (shadow, version, arm) DO UPDATE SET document = excluded.document"
    )
    for row in sums:
        connection.execute(database.sql(kept), row)
    names = ("asked", "failed", "answered", "differing", "distance")
    added = ", ".join(f"{name} = flyball_shadow_hour.{name} + excluded.{name}" for name in names)
    counted = (
        f"INSERT INTO flyball_shadow_hour (shadow, hour, {', '.join(names)}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - ours
        f" ON CONFLICT (shadow, hour) DO UPDATE SET {added}"
    )
    for row in hours:
        connection.execute(database.sql(counted), row)
