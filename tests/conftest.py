"""What every test may ask for: a database that other connections see, and a small named cast."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from flyball import testing
from flyball.domain import declaration
from flyball.stores.database import Database

# Nothing is timed: a busy machine is no reason to fail.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

BETWEEN = 8
"""Files of short tests between two of journeys: they take about as long."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than there are processors: a fifth of the tests' time is waiting for a server."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file of journeys, then some of short tests, and so on: journeys wait, while the others compute.

    So one of the processes mostly waits for servers, and the last journey ends long before the last test.
    """
    journeys = dict.fromkeys(item.path for item in items if item.get_closest_marker("journey"))
    short = dict.fromkeys(item.path for item in items if item.path not in journeys)
    turns = {path: place * BETWEEN for place, path in enumerate(journeys)}
    turns |= {path: place for place, path in enumerate(short)}
    items.sort(key=lambda item: turns[item.path])


@pytest.fixture
def database(transactional_db: None) -> Database:
    """The test database as the stores see it; what Django has written is there for any connection."""
    from flyball.control.connection import database

    return database()


@pytest.fixture
def connection(database: Database) -> Iterator[Any]:
    """A connection of one's own to it, as the data plane has one: it commits by itself."""
    opened = database.connect()
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def engine() -> Iterator[None]:
    """The tests of Flyball itself ask the engine itself; what one starts is stopped when it ends."""
    with testing.engine():
        yield


@pytest.fixture(autouse=True)
def own_declarations() -> Iterator[None]:
    """Endpoints that a test declares are forgotten when it ends."""
    before = set(declaration.declared())
    yield
    for endpoint in set(declaration.declared()) - before:
        declaration.forget(endpoint)
