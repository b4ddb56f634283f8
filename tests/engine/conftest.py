"""A running data plane without a server, and somebody who may ask it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flyball.config import Config
from flyball.domain.access import Principal
from flyball.serving.app import DataPlane, create
from flyball.stores.database import Database

OWNER = Principal(team="hospital", role="owner")


@pytest.fixture
def config(database: Database, tmp_path: Path) -> Config:
    """A refresher that a test itself calls: it would not wake up by itself within a test.

    No model has a process of its own, which takes seconds to start: ``test_apart`` has some.
    """
    return Config(home=tmp_path, database_url=database.url, refresh_seconds=600, model_processes=0)


@pytest.fixture
def plane(config: Config, database: Database) -> Iterator[DataPlane]:
    """A data plane that has been started on whatever the test has published."""
    running = create(config, database)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """What a model that hangs waits for; the test's end lets it go on."""
    event = threading.Event()
    yield event
    event.set()
