"""An endpoint that has left the code is named by apply, retired by hand, and brought back by declaring it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.control.declarations import discovery
from flyball.control.declarations.models import Endpoint
from flyball.control.declarations.selectors import undeclared
from flyball.control.declarations.services import retire
from flyball.control.registry.models import ArtifactPart, Version
from flyball.control.routing import selectors, services
from flyball.control.routing.services import Change
from flyball.domain.declaration import forget
from flyball.domain.errors import ConfirmationNeeded, Conflict, Retired, UnknownEndpoint
from flyball.stores.database import Database
from tests.registry import small
from tests.routing.purchase import applied, promote

pytestmark = pytest.mark.storage


@pytest.fixture
def version(tmp_path: Path, database: Database) -> Version:
    """The champion of an endpoint that has left the code."""
    made = applied(tmp_path)
    promote(made)
    forget(discovery.find("purchase"))
    return made


def test_what_left_the_code_is_named_and_not_changed(version: Version) -> None:
    assert services.apply(declarations={}) == []
    assert undeclared([]) == ["purchase"]
    assert undeclared(["purchase"]) == []
    assert selectors.route("purchase") is not None


def test_retiring_needs_a_yes_and_keeps_every_row(version: Version) -> None:
    with pytest.raises(ConfirmationNeeded):
        retire(endpoint="purchase")
    assert Endpoint.objects.get().retired_at is None
    first = retire(endpoint="purchase", yes=True).retired_at
    assert first is not None
    assert retire(endpoint="purchase").retired_at == first
    assert undeclared([]) == []
    assert Version.objects.count() == 1
    assert selectors.route("purchase") is not None


def test_nothing_is_promoted_or_rolled_back_where_nobody_answers(version: Version) -> None:
    retire(endpoint="purchase", yes=True)
    for act in (lambda: promote(version), lambda: services.rollback(endpoint="purchase")):
        with pytest.raises(Retired):
            act()


def test_what_is_declared_is_not_retired(tmp_path: Path, database: Database) -> None:
    applied(tmp_path)
    with pytest.raises(Conflict, match="declared"):
        retire(endpoint="purchase", yes=True)


def test_nothing_is_retired_that_was_never_applied(database: Database) -> None:
    with pytest.raises(UnknownEndpoint):
        retire(endpoint="purchase", yes=True)


def test_declared_and_applied_again_it_answers_again(tmp_path: Path, version: Version) -> None:
    retire(endpoint="purchase", yes=True)
    again = {"purchase": small.declare(tmp_path / "rows.csv")}
    assert services.apply(declarations=again) == [Change("purchase", "is retired no more")]
    assert Endpoint.objects.get().retired_at is None
    assert services.apply(declarations=again) == []


def test_a_retired_endpoint_holds_up_no_release(tmp_path: Path, version: Version) -> None:
    retire(endpoint="purchase", yes=True)
    ArtifactPart.objects.update(data=b"lost")
    other = small.declare(tmp_path / "rows.csv", name="other")
    assert [change.endpoint for change in services.apply(declarations={"other": other})] == ["other"]
