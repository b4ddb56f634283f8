"""Artifacts by SHA-256, in parts: a longer write would hold up predictions on SQLite."""

from __future__ import annotations

import hashlib
from typing import Any

from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.records import now
from flyball.stores.database import Database

PART_BYTES = 1024 * 1024


def write(database: Database, connection: Any, data: bytes) -> str:
    """Store an artifact and return its SHA-256. Stored twice, it is there once.

    The connection must be outside a transaction: each part is committed by itself, and the row that
    stands for the whole comes last, so that a writer that dies leaves nothing that looks complete.
    """
    digest = hashlib.sha256(data).hexdigest()
    if exists(database, connection, digest):
        return digest
    for number, start in enumerate(range(0, len(data), PART_BYTES)):
        part = data[start : start + PART_BYTES]
        _insert(database, connection, "artifact_part (digest, number, data)", (digest, number, part))
    moment = database.moment_in(now())
    _insert(database, connection, "artifact (digest, size, created_at)", (digest, len(data), moment))
    return digest


def exists(database: Database, connection: Any, digest: str) -> bool:
    """Whether the artifact is stored whole."""
    sql = database.sql("SELECT 1 FROM flyball_artifact WHERE digest = ?")
    return connection.execute(sql, (digest,)).fetchone() is not None


def read(database: Database, connection: Any, digest: str) -> bytes:
    """The artifact's bytes. Raises ``ArtifactCorrupt`` where they are missing or differ."""
    if not exists(database, connection, digest):
        raise ArtifactCorrupt("The artifact is not stored, or not completely.")
    numbers = database.sql("SELECT number FROM flyball_artifact_part WHERE digest = ? ORDER BY number")
    part = database.sql("SELECT data FROM flyball_artifact_part WHERE digest = ? AND number = ?")
    data = b"".join(
        bytes(connection.execute(part, (digest, number)).fetchone()[0])
        for (number,) in connection.execute(numbers, (digest,)).fetchall()
    )
    if hashlib.sha256(data).hexdigest() != digest:
        raise ArtifactCorrupt("The artifact differs from its SHA-256.")
    return data


def _insert(database: Database, connection: Any, into: str, values: tuple[Any, ...]) -> None:
    marks = ", ".join("?" * len(values))
    sql = f"INSERT INTO flyball_{into} VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - names of ours
    with database.transaction(connection):
        connection.execute(database.sql(sql), values)
