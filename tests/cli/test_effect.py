"""``flyball effect``: what a promotion would have changed, for people and for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

import flyball
from flyball.control.routing import selectors
from flyball.stores.database import Database
from tests.cli.conftest import Typed
from tests.routing import purchase

pytestmark = pytest.mark.storage


def test_it_says_what_would_differ_and_publishes_nothing(tmp_path: Path, database: Database) -> None:
    first = purchase.applied(tmp_path)
    purchase.promote(first)
    second = purchase.copy(first)
    typed = Typed()
    assert "nothing has been predicted yet" in typed("effect", "purchase@2").stdout
    for age in range(20, 25):
        flyball.predict("purchase", input={"age": age, "job": "cook"})
    found = typed.json("effect", str(second))
    assert (found["looked_at"], found["asked"], found["differing"]) == (5, 5, 0)
    assert "0 of 5 would differ" in typed("effect", "purchase").stdout  # the newest
    route = selectors.route("purchase")
    assert route is not None
    assert route.champion.version == 1
    typed("effect", "purchase@9", exits=1)
    typed("effect", "purchase@2", "--rollback", exits=5)
