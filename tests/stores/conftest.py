"""A connection of one's own, as the data plane has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flyball.stores.database import Database


@pytest.fixture
def connection(database: Database) -> Iterator[Any]:
    """A connection that commits by itself."""
    opened = database.connect()
    yield opened
    opened.close()
