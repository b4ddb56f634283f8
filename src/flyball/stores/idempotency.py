"""Idempotency keys: the same key with the same request gets the stored answer, and has one effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flyball.domain.errors import Erased, IdempotencyKeyReused
from flyball.stores.database import Database, rows_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A key that a request claims: ``digest`` stands for the key, ``request`` for what was sent.

    ``answer`` is the JSON value that a repeat is answered from.
    """

    digest: str
    request: str
    answer: Any
    moment: datetime


def claim(database: Database, connection: Any, claims: Mapping[str, Claim]) -> set[str]:
    """Store the keys that are new, in the transaction that is open; gives their digests.

    A key that another transaction has claimed is waited for until that ends. The keys are claimed in sorted
    order, so that two transactions that wait for each other's keys cannot deadlock.
    """
    if not claims:
        return set()
    rows = [
        (digest, claims[digest].request, database.json_in(claims[digest].answer), claims[digest].moment)
        for digest in sorted(claims)
    ]
    sql = (
        "INSERT INTO flyball_idempotency_key (digest, request, answer, created_at)"  # noqa: S608 - marks
        f" VALUES {rows_of(len(rows), 4)} ON CONFLICT DO NOTHING RETURNING digest"
    )
    values = [value for *texts, moment in rows for value in (*texts, database.moment_in(moment))]
    return {digest for (digest,) in connection.execute(database.sql(sql), values).fetchall()}


def stored(database: Database, connection: Any, digest: str, request: str) -> Any:
    """What is stored under a key; ``None`` where nothing is.

    Raises ``IdempotencyKeyReused``, and ``Erased`` where what the request asked for has been erased.
    """
    sql = database.sql("SELECT request, answer FROM flyball_idempotency_key WHERE digest = ?")
    row = connection.execute(sql, (digest,)).fetchone()
    if row is None:
        return None
    if not row[0]:
        raise Erased
    if row[0] != request:
        raise IdempotencyKeyReused
    return database.json_out(row[1])


def known(database: Database, connection: Any, digests: Sequence[str]) -> set[str]:
    """Those of the keys that are stored."""
    sql = database.sql("SELECT digest FROM flyball_idempotency_key WHERE digest = ?")
    return {digest for digest in digests if connection.execute(sql, (digest,)).fetchone() is not None}
