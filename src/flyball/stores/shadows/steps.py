"""A shadow's steps, each written whole; and the end of what is old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flyball.domain.errors import Conflict
from flyball.domain.shadows.judged import Loss
from flyball.stores import binding
from flyball.stores.database import Database, chunks, rows_of

ANSWERS = "prediction, shadow, output, decision, latency, code, reason, answered_at"
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
