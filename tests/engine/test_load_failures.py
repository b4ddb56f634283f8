"""What a process did not load stands in the database, by process, while that process lives and says so."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from flyball.config import Config
from flyball.control.registry.models import ArtifactPart, Version
from flyball.control.routing.maintaining import maintain
from flyball.control.routing.models import LoadFailure
from flyball.domain.records import now
from flyball.domain.routing import Arm, Manifest
from flyball.inference.runtime import Runtime
from flyball.serving.app import DataPlane, create
from flyball.serving.pool import LONGEST, Pool
from flyball.serving.refresher import NOTE_SECONDS
from flyball.stores import routes
from flyball.stores.database import Database
from flyball.stores.failures import UNSEEN
from tests import published

pytestmark = pytest.mark.storage


def corrupt(number: int) -> None:
    """Other bytes in place of a version's artifact."""
    manifest = Version.objects.get(number=number).manifest
    ArtifactPart.objects.filter(digest=manifest["artifacts"][0]["digest"]).update(data=b"not it")


def look(plane: DataPlane) -> None:
    """What its thread does again and again."""
    plane.refresher.look()
    plane.recorder.run(lambda _: None).result(10)  # what was to be written before is


def told() -> list[tuple[str, int | None, str]]:
    """By whichever process."""
    return list(LoadFailure.objects.order_by("endpoint").values_list("endpoint", "version", "code"))


@pytest.fixture
def broken(database: Database, plane: DataPlane) -> DataPlane:
    """One that answers with version 1 and did not load version 2."""
    published.publish(database, version=1)
    look(plane)
    published.publish(database, version=2)
    corrupt(2)
    look(plane)
    return plane


def test_a_process_writes_what_it_did_not_load_and_takes_it_back(
    database: Database, broken: DataPlane
) -> None:
    assert told() == [("triage", 2, "artifact_corrupt")]
    assert LoadFailure.objects.get().sentence == "The artifact differs from its SHA-256."
    published.publish(database, version=3)
    look(broken)
    assert told() == []


def test_a_process_that_starts_and_does_not_load_writes_it_at_once(
    config: Config, database: Database
) -> None:
    published.publish(database, version=1)
    corrupt(1)
    plane = create(config, database)
    plane.start()
    plane.recorder.run(lambda _: None).result(10)
    assert told() == [("triage", 1, "artifact_corrupt")]
    plane.stop()
    assert told() == []  # it has ended in order: nobody waits for it


def test_each_process_has_rows_of_its_own(config: Config, database: Database, broken: DataPlane) -> None:
    other = create(config, database)
    other.start()
    look(other)
    assert len(told()) == 2
    other.stop()
    assert len(told()) == 1


def test_a_sign_of_life_comes_once_a_minute(broken: DataPlane) -> None:
    first = LoadFailure.objects.get()
    look(broken)
    assert LoadFailure.objects.get().seen_at == first.seen_at
    broken.refresher._told_at = time.monotonic() - NOTE_SECONDS - 1  # as if a minute had gone
    look(broken)
    again = LoadFailure.objects.get()
    assert again.seen_at > first.seen_at
    assert again.since == first.since


def test_what_still_fails_for_the_same_reason_fails_since_then(database: Database, broken: DataPlane) -> None:
    first = broken.engine.pool.table.failures["triage"]
    published.key()  # something is published, so it is tried again
    look(broken)
    assert broken.engine.pool.table.failures["triage"] == first
    Version.objects.filter(number=2).update(manifest={"no": "manifest"})
    published.key()
    look(broken)
    then = broken.engine.pool.table.failures["triage"]
    assert (then.version, then.code) == (None, "internal")
    assert then.since > first.since


def test_a_recorder_that_takes_nothing_disturbs_no_look(database: Database, broken: DataPlane) -> None:
    broken.recorder.limit = 0  # as if too much waited
    published.publish(database, version=3)
    broken.refresher.look()
    assert broken.engine.pool.refresh_error == ""
    assert broken.engine.pool.table.endpoints["triage"].route.champion.version == 3
    broken.recorder.limit = 1000


def test_a_table_that_is_not_there_yet_disturbs_no_look(
    database: Database, plane: DataPlane, connection: Any
) -> None:
    published.publish(database, version=1)
    look(plane)
    connection.execute("ALTER TABLE flyball_load_failure RENAME TO elsewhere")
    try:
        published.publish(database, version=2)
        corrupt(2)
        look(plane)
        assert plane.engine.pool.refresh_error == ""
        assert list(plane.engine.pool.table.failures) == ["triage"]
    finally:
        connection.execute("ALTER TABLE elsewhere RENAME TO flyball_load_failure")


def test_of_a_librarys_error_only_its_kind_is_told(database: Database, connection: Any) -> None:
    def load(manifest: Manifest) -> Runtime:
        raise ValueError("could not convert string to float: 'Bob Smith'")

    published.publish(database, version=1)
    pool = Pool()
    pool.publish(routes.published(database, connection), load)
    failure = pool.table.failures["triage"]
    assert (failure.version, failure.code) == (1, "internal")
    assert failure.sentence == "It failed with ValueError; the log says where."


def test_the_arm_that_does_not_load_is_named(database: Database, plane: DataPlane) -> None:
    route = published.publish(database, version=1)
    published.store(database, version=2)
    corrupt(2)
    published.put(replace(route, number=2, arms=(*route.arms, Arm("challenger", 2))))
    look(plane)
    assert told() == [("triage", 2, "artifact_corrupt")]


def test_a_long_sentence_is_cut(database: Database, connection: Any) -> None:
    def load(manifest: Manifest) -> Runtime:
        raise type("E" * 600, (Exception,), {})

    published.publish(database, version=1)
    pool = Pool()
    pool.publish(routes.published(database, connection), load)
    said = pool.table.failures["triage"].sentence
    assert len(said) == LONGEST
    assert said.endswith("…")


def test_what_nobody_has_seen_for_long_is_taken_out(broken: DataPlane) -> None:
    maintain(is_quick=True)
    assert len(told()) == 1
    LoadFailure.objects.update(seen_at=now() - UNSEEN - timedelta(seconds=1))
    maintain(is_quick=True)
    assert told() == []
