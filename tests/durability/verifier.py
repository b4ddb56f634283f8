"""Compares the ledger with the tables, row by row, without the server's help."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

from flyball.domain.records import digest
from flyball.stores.database import Database
from tests.durability.ledger import ACKNOWLEDGED, TRY_AGAIN, Answered, Line, Sent


@dataclass(slots=True)
class Tally:
    """What became of operations. All but the first two must be 0, and each that was sent acknowledged."""

    sent: int = 0
    acknowledged: int = 0
    lost: int = 0
    """Rows of acknowledged operations that are not there."""
    double: int = 0
    """Rows that are there once too often."""
    mismatched: int = 0
    """Operations whose rows are not what was sent, or not what was told, or not all or none."""
    never_sent: int = 0
    """Rows that nobody asked for."""
    refused: int = 0
    """Answers that neither acknowledge nor ask to try again."""

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        faults = (self.lost, self.double, self.mismatched, self.never_sent, self.refused)
        return not any(faults) and 0 < self.sent == self.acknowledged

    def __str__(self) -> str:
        each = [f"{one.name.replace('_', ' ')} {getattr(self, one.name)}" for one in fields(self)]
        return ", ".join(each)


@dataclass(slots=True)
class _Row:
    """A stored row: what it says was asked and what it says was told."""

    asked: dict[str, Any]
    told: Any


Stored = dict[tuple[str, str], list[_Row]]
"""Rows by their kind and by what they are found by."""


@dataclass(slots=True)
class _Operation:
    sent: Sent
    told: set[str] = field(default_factory=set)


def verify(database: Database, lines: Sequence[Line]) -> Tally:
    """Count. Nothing may write meanwhile."""
    stored = _stored(database)
    operations = {line.key: _Operation(line) for line in lines if isinstance(line, Sent)}
    answers = [line for line in lines if isinstance(line, Answered)]
    for answer in answers:
        if answer.status == ACKNOWLEDGED:
            operations[answer.key].told.add(answer.told)
    tally = Tally(
        sent=len(operations),
        refused=sum(answer.status not in TRY_AGAIN | {ACKNOWLEDGED} for answer in answers),
    )
    for operation in operations.values():
        _count(operation, stored, tally)
    asked_for = {(each.sent.kind, name) for each in operations.values() for name in each.sent.rows}
    tally.never_sent = sum(len(rows) for name, rows in stored.items() if name not in asked_for)
    return tally


def _count(operation: _Operation, stored: Stored, tally: Tally) -> None:
    sent = operation.sent
    found = [stored.get((sent.kind, name), []) for name in sent.rows]
    missing = sum(not rows for rows in found)
    tally.double += sum(len(rows) - 1 for rows in found if rows)
    if operation.told:
        tally.acknowledged += 1
        tally.lost += missing
    if missing:
        # Of what was never acknowledged nothing may be there, or all of it.
        tally.mismatched += not operation.told and missing < len(found)
        return
    rows = [each[0] for each in found]
    told = _told(sent.kind, [row.told for row in rows])
    tally.mismatched += digest([row.asked for row in rows]) != sent.asked or not operation.told <= {told}


def _told(kind: str, rows: list[Any]) -> str:
    if kind == "prediction":
        return digest(rows)
    counts = Counter(rows)
    return digest([{state: counts[state] for state in ("bound", "held", "ambiguous", "unmatched")}])


def _stored(database: Database) -> Stored:
    stored: Stored = defaultdict(list)
    connection = database.connect()
    try:
        references = _add_predictions(database, connection, stored)
        _add_outcomes(connection, stored, references)
    finally:
        connection.close()
    return stored


def _add_predictions(database: Database, connection: Any, stored: Stored) -> dict[Any, str]:
    """Adds every row of predictions; gives their references by id, as the database spells it."""
    names = "id, reference, input, endpoint, version, arm, output, decision, warnings"
    references = {}
    for row in connection.execute(f"SELECT {names} FROM flyball_prediction ORDER BY id").fetchall():
        identity, reference, sent, endpoint, version, arm, output, decision, warnings = row
        references[identity] = reference
        answer = {
            "id": str(database.id_out(identity)),
            "endpoint": endpoint,
            "version": version,
            "arm": arm,
            "output": database.json_out(output),
            "decision": decision,
            "warnings": database.json_out(warnings),
        }
        asked = {"input": database.json_out(sent), "reference": reference}
        stored["prediction", reference].append(_Row(asked, answer))
    return references


def _add_outcomes(connection: Any, stored: Stored, references: Mapping[Any, str]) -> None:
    sql = "SELECT state, prediction, reference, CAST(value AS text) FROM flyball_outcome ORDER BY id"
    for state, identity, reference, value in connection.execute(sql).fetchall():
        by, name = ("prediction", str(UUID(str(identity)))) if reference is None else ("reference", reference)
        is_astray = None not in {identity, reference} and references.get(identity) != reference
        row = _Row({by: name, "value": json.loads(value)}, "astray" if is_astray else state)
        stored["outcome", name].append(row)
