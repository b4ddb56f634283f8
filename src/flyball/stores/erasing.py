"""Erasing: one prediction, or everything that is recorded of one person, in short transactions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any
from uuid import UUID

from flyball.domain.records import entity_key
from flyball.domain.routing import Route
from flyball.domain.values import Scalar, label_text, spelled
from flyball.stores import binding
from flyball.stores.database import Database, rows_of

PAGE = 50
"""Predictions erased in one transaction: on SQLite others wait for the write lock meanwhile."""
WIDE_PAGE = 5000
"""Rows looked at in one read where an entity may be stored with further names."""

BLANKED = (
    "UPDATE flyball_outcome SET value = 'null', reference = NULL, entity_key = NULL,"
    " state = CASE state WHEN 'held' THEN 'unmatched' ELSE state END WHERE"
)
"""Erases outcomes; the condition follows. What was held waits for nothing any more."""
ENDPOINT = "SELECT endpoint FROM flyball_prediction WHERE id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom to erase from an endpoint: by ``reference``, or by the texts that an entity is stored under.

    ``entity`` is looked for in everything that is stored where ``is_wide``: it may be stored with further
    names. ``copies`` are its rows among the online copies of files: feature table and key.
    """

    endpoint: str
    reference: str | None = None
    keys: tuple[str, ...] = ()
    entity: Mapping[str, Scalar] = field(default_factory=dict)
    is_wide: bool = False
    copies: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> list[tuple[str, str]]:
        """The columns that name the person, each with its value."""
        return [("reference", self.reference)] if self.reference else [("entity_key", k) for k in self.keys]


@dataclass(slots=True)
class Erasure:
    """How many rows an erasure has emptied or taken out; ``keys`` are idempotency keys.

    ``ids`` are the predictions: snapshots know those that they learned from by their id.
    """

    predictions: int = 0
    outcomes: int = 0
    keys: int = 0
    copies: int = 0
    ids: list[UUID] = field(default_factory=list, repr=False, compare=False)


def person_of(
    endpoint: str,
    route: Route | None,
    *,
    entity: Mapping[str, Scalar] | None = None,
    reference: str | None = None,
) -> Person:
    """Whom a reference or an entity means to an endpoint, whose route says how entities are stored there."""
    if not entity:
        return Person(endpoint=endpoint, reference=reference)
    lookups = () if route is None else route.lookups
    named = {lookup.on for lookup in lookups} | set(() if route is None else route.keys)
    spellings = [{label_text(value), label_text(spelled(value))} for value in entity.values()]
    every = (dict(zip(entity, values, strict=True)) for values in product(*spellings))
    return Person(
        endpoint=endpoint,
        keys=tuple(key for each in every if (key := entity_key(each)) is not None),
        entity=dict(entity),
        is_wide=route is None or not named <= set(entity),
        copies=tuple(
            (lookup.table, key)
            for lookup in lookups
            if lookup.on in entity
            for key in sorted({label_text(entity[lookup.on]), label_text(spelled(entity[lookup.on]))})
        ),
    )


def erase(database: Database, connection: Any, identity: UUID, moment: datetime) -> bool:
    """Erase what a prediction says about anybody; says whether there was something to erase.

    Its id, version and times stay as a tombstone. The values and names of its outcomes go too, and of those
    that are bound to none but have its reference or its entity, once no other prediction has that; and what
    is known of the request that its idempotency key came with. The connection must be outside a transaction.
    """
    place = connection.execute(database.sql(ENDPOINT), (database.id_in(identity),)).fetchone()
    if place is None:
        return False
    done = Erasure()
    with database.transaction(connection):
        binding.lock(database, connection, place, alone=True)
        _erase(database, connection, identity, moment, done)
    return done.predictions > 0


def erase_person(database: Database, connection: Any, person: Person, moment: datetime) -> Erasure:
    """Erase every prediction and outcome of a person, and its online copies; says how many rows.

    Found outside of transactions, erased in pages: nothing is scanned while others wait. What comes in
    meanwhile under the same name is erased too, up to the last look.
    """
    done = Erasure()
    for some in _found(database, connection, person, "flyball_prediction"):
        with database.transaction(connection):
            binding.lock(database, connection, [person.endpoint], alone=True)
            for key in some:
                _erase(database, connection, database.id_out(key), moment, done)
    for some in _found(database, connection, person, "flyball_outcome"):
        with database.transaction(connection):
            binding.lock(database, connection, [person.endpoint], alone=True)
            sql = f"{BLANKED} id IN {rows_of(1, len(some))}"
            done.outcomes += connection.execute(database.sql(sql), list(some)).rowcount
    for table, key in person.copies:
        sql = "DELETE FROM flyball_online_row WHERE endpoint = ? AND feature_table = ? AND key = ?"
        done.copies += connection.execute(database.sql(sql), (person.endpoint, table, key)).rowcount
    return done


def _found(database: Database, connection: Any, person: Person, table: str) -> Iterator[Sequence[Any]]:
    """The ids of a table's rows that name the person, a page at a time: erased, they are found no more."""
    for column, value in person.names:
        for text in _statements(table, column):
            sql = database.sql(text)
            values = (person.endpoint, value, PAGE)
            while rows := connection.execute(sql, values).fetchall():
                yield [row[0] for row in rows]
    if person.is_wide and person.entity:
        yield from _found_wide(database, connection, person, table)


def _statements(table: str, column: str) -> list[str]:
    if table == "flyball_prediction":
        return [f"SELECT id FROM flyball_prediction WHERE endpoint = ? AND {column} = ? LIMIT ?"]  # noqa: S608 - ours
    return [
        f"SELECT id FROM flyball_outcome WHERE prediction IS NULL AND endpoint = ? AND {column} = ? LIMIT ?",  # noqa: S608 - ours
        # Bound by a person to a prediction of another name: few are, and each has left its row.
        # CROSS JOIN: SQLite reads these few first, and searches the outcomes by their id.
        "SELECT o.id FROM flyball_outcome_change c CROSS JOIN flyball_outcome o"  # noqa: S608 - ours
        f" WHERE o.id = c.outcome_id AND o.endpoint = ? AND o.{column} = ? LIMIT ?",
    ]


def _found_wide(database: Database, connection: Any, person: Person, table: str) -> Iterator[Sequence[Any]]:
    """The same among all rows with an entity, in the order of the index, without a lock."""
    unbound = " AND prediction IS NULL" if table == "flyball_outcome" else ""
    sql = (
        f"SELECT entity_key, id FROM {table} WHERE endpoint = ?{unbound}"  # noqa: S608 - one of two tables
        " AND (entity_key > ? OR (entity_key = ? AND id > ?)) ORDER BY entity_key, id LIMIT ?"
    )
    wanted = {name: label_text(value) for name, value in person.entity.items()}.items()
    key, last = "", database.id_in(UUID(int=0)) if table == "flyball_prediction" else 0
    while rows := connection.execute(
        database.sql(sql), (person.endpoint, key, key, last, WIDE_PAGE)
    ).fetchall():
        key, last = rows[-1]
        matching = [row[1] for row in rows if wanted <= json.loads(row[0]).items()]
        yield from (matching[start : start + PAGE] for start in range(0, len(matching), PAGE))


def _erase(database: Database, connection: Any, identity: UUID, moment: datetime, done: Erasure) -> None:
    """One prediction, in the transaction that is open."""
    key = database.id_in(identity)
    named = (
        "SELECT endpoint, reference, entity_key, created_at FROM flyball_prediction"
        " WHERE id = ? AND erased_at IS NULL"
    )
    names = connection.execute(database.sql(named), (key,)).fetchone()
    if names is None:
        return
    endpoint, reference, entity, made = names
    erased = (
        "UPDATE flyball_prediction SET input = NULL, output = NULL, decision = NULL, warnings = '[]',"
        " reference = NULL, entity = '{}', entity_key = NULL, erased_at = ? WHERE id = ?"
    )
    connection.execute(database.sql(erased), (database.moment_in(moment), key))
    bound = connection.execute(database.sql(f"{BLANKED} endpoint = ? AND prediction = ?"), (endpoint, key))
    connection.execute(database.sql("DELETE FROM flyball_shadow_answer WHERE prediction = ?"), (key,))
    done.predictions += 1
    done.ids.append(identity)
    done.outcomes += bound.rowcount + _erase_unbound(database, connection, endpoint, reference, entity)
    done.keys += _forget_request(database, connection, identity, made)


def _erase_unbound(
    database: Database, connection: Any, endpoint: str, reference: str | None, entity: str | None
) -> int:
    count = 0
    for column, name in (("reference", reference), ("entity_key", entity)):
        sql = (
            f"{BLANKED} prediction IS NULL AND endpoint = ? AND {column} = ? AND NOT EXISTS"  # noqa: S608 - ours
            f" (SELECT 1 FROM flyball_prediction p WHERE p.endpoint = ? AND p.{column} = ?)"
        )
        if name is not None:
            count += connection.execute(database.sql(sql), (endpoint, name, endpoint, name)).rowcount
    return count


def _forget_request(database: Database, connection: Any, identity: UUID, made: Any) -> int:
    """Take out the HMAC of the request that a prediction came with; its key goes on refusing a retry.

    A retry would predict about the person again. All predictions of a request have its key's moment.
    """
    sql = database.sql(
        "SELECT digest, answer FROM flyball_idempotency_key WHERE created_at = ? AND request <> ''"
    )
    rows = connection.execute(sql, (made,)).fetchall()
    mine = [digest for digest, answer in rows if str(identity) in database.json_out(answer)]
    forget = database.sql("UPDATE flyball_idempotency_key SET request = '' WHERE digest = ?")
    for digest in mine:
        connection.execute(forget, (digest,))
    return len(mine)
