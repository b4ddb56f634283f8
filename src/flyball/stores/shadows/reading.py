"""What a shadow has still to do: predictions that wait for it, and outcomes of those it has answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flyball.domain.records import Prediction, entity_key
from flyball.domain.shadows.judged import Loss
from flyball.domain.values import Scalar
from flyball.stores.database import Database, chunks, rows_of
from flyball.stores.rows import COLUMNS, NAMES, prediction


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
    database: Database,
    connection: Any,
    endpoint: str,
    shadow: int,
    version: int,
    after: UUID,
    until: UUID,
    limit: int,
) -> list[Prediction]:
    """Those of other versions that the shadow has not answered: committed after others with later ids."""
    names = ", ".join(f"p.{name}" for name in COLUMNS)
    sql = (
        f"SELECT {names} FROM flyball_prediction p WHERE p.endpoint = ? AND p.id > ? AND p.id <= ?"  # noqa: S608 - names
        " AND p.erased_at IS NULL AND p.version <> ? AND NOT EXISTS (SELECT 1 FROM flyball_shadow_answer a"
        " WHERE a.prediction = p.id AND a.shadow = ?) ORDER BY p.id LIMIT ?"
    )
    values = (endpoint, database.id_in(after), database.id_in(until), version, shadow, limit)
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
