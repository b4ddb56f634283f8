"""Artifacts come back byte for byte, or not at all."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import pytest

from flyball.domain.errors import ArtifactCorrupt
from flyball.stores import artifacts
from flyball.stores.database import Database

pytestmark = pytest.mark.storage
SIZES = (0, 1, artifacts.PART_BYTES, artifacts.PART_BYTES + 1, 3 * artifacts.PART_BYTES)


@pytest.mark.parametrize("size", SIZES)
def test_an_artifact_of_any_size_comes_back(database: Database, connection: Any, size: int) -> None:
    data = os.urandom(size)
    digest = artifacts.write(database, connection, data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert artifacts.read(database, connection, digest) == data


def test_stored_twice_it_is_there_once(database: Database, connection: Any) -> None:
    first, second = (artifacts.write(database, connection, b"model") for _ in range(2))
    assert first == second
    assert connection.execute("SELECT count(*) FROM flyball_artifact_part").fetchone()[0] == 1


def test_a_writer_that_dies_half_way_leaves_nothing_that_looks_complete(
    database: Database, connection: Any
) -> None:
    data = os.urandom(artifacts.PART_BYTES * 2)
    digest = artifacts.write(database, connection, data)
    connection.execute("DELETE FROM flyball_artifact")
    connection.execute("DELETE FROM flyball_artifact_part WHERE number = 1")
    assert not artifacts.exists(database, connection, digest)
    with pytest.raises(ArtifactCorrupt):
        artifacts.read(database, connection, digest)
    artifacts.write(database, connection, data)
    assert artifacts.read(database, connection, digest) == data


def test_a_changed_byte_is_found(database: Database, connection: Any) -> None:
    digest = artifacts.write(database, connection, b"model")
    connection.execute(database.sql("UPDATE flyball_artifact_part SET data = ?"), (b"modem",))
    with pytest.raises(ArtifactCorrupt):
        artifacts.read(database, connection, digest)
