"""A version that is asked for once its loader is closed: nobody waits for it."""

from __future__ import annotations

import pytest

from flyball.domain.errors import Overloaded
from flyball.domain.routing import Manifest
from flyball.domain.schema import Schema
from flyball.serving.loader import Loader
from flyball.serving.readers import Readers
from flyball.stores.database import Database
from tests.shell import PATIENCE


def test_a_closed_loader_turns_away_whoever_asks_first_and_whoever_asks_next(database: Database) -> None:
    loader = Loader(Readers(database))
    loader.close()
    manifest = Manifest(endpoint="a", number=1, task="regression", artifacts=(), schema=Schema(()))
    for _ in range(2):
        with pytest.raises(Overloaded):
            loader.loaded(manifest).result(timeout=PATIENCE)
