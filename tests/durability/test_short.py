"""The whole harness with few rounds: what happens to servers and databases loses nothing acknowledged."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from flyball.stores.database import Database
from tests import published
from tests.durability.__main__ import run
from tests.durability.cluster import programs, running
from tests.durability.outages import Costs
from tests.durability.plan import Rounds
from tests.durability.world import World
from tests.settings import new_home

pytestmark = [pytest.mark.storage, pytest.mark.journey]
UNTIMED = Costs(seconds_until_told=60, seconds_until_normal=60, descriptors=512)
"""A busy machine is no reason to fail."""
SQLITE = Rounds(kills=2, cuts=6, away=2.5, full=0, limited=0.5, restarts=1, ups=0, bounds=UNTIMED)
POSTGRESQL = Rounds(
    kills=1,
    cuts=6,
    away=1,
    full=0,
    backends=2,
    postmasters=1,
    locked=0,
    hung=0,
    restarts=0,
    ups=0,
    bounds=UNTIMED,
)
"""What does not depend on the database happens on SQLite."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new folder that PostgreSQL's user can pass through."""
    made = Path(new_home())
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def world(database: Database, folder: Path) -> Iterator[World]:
    """The test database with an endpoint; or a copy of it, in a PostgreSQL that may be killed."""
    published.publish(database)
    key, home = published.key(role="member"), folder / "home"
    home.mkdir(mode=0o700)
    with ExitStack() as stack:
        cluster = None
        if database.is_postgres:
            if programs() is None and os.environ.get("CI") != "true":
                pytest.skip("This machine has no PostgreSQL to kill: initdb was not found.")
            cluster = stack.enter_context(running(folder / "postgresql"))
            cluster.fill(database.url)
            database = Database(cluster.url())
        ours = World(folder, home, database, key, cluster)
        stack.callback(ours.close)
        yield ours


def test_nothing_acknowledged_is_lost_doubled_or_changed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    is_clean = run(world, POSTGRESQL if world.cluster else SQLITE)
    assert is_clean, capsys.readouterr().out
