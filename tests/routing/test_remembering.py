"""A route goes on accepting what its champions took, until it is told to forget."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball import Field, RequestSource
from flyball.control.routing import selectors, services
from flyball.control.routing.models import RouteRevision
from flyball.control.routing.services import Change
from flyball.domain.declaration import Endpoint
from flyball.domain.routing import Route
from flyball.stores.database import Database
from tests.registry import small
from tests.routing.purchase import applied, pays, promote, second_declaration

pytestmark = pytest.mark.storage

NARROW = {"features": [RequestSource("age")]}
WIDE = {"features": [RequestSource("age", "job")], "fields": {"job": Field(nullable=True)}}


def route() -> Route:
    """The route in force."""
    current = selectors.route("purchase")
    assert current is not None
    return current


def declared(folder: Path) -> type[Endpoint]:
    """The endpoint as it is declared in the end."""
    return small.declare(small.write_csv(folder / "rows.csv"), **NARROW)


def test_a_rollback_keeps_the_fields_of_the_version_that_goes(tmp_path: Path, database: Database) -> None:
    promote(applied(tmp_path, **NARROW))
    assert route().fields == ("age",)
    assert promote(second_declaration(tmp_path, **WIDE)).dropped == ()
    back = services.rollback(endpoint="purchase")
    assert (route().champion.version, route().fields) == (1, ("age", "job"))
    assert back.dropped == ("job",)


def test_a_promotion_says_what_it_drops(tmp_path: Path, database: Database) -> None:
    promote(applied(tmp_path, **WIDE))
    assert promote(second_declaration(tmp_path, **NARROW)).dropped == ("job",)
    assert route().fields == ("age", "job")


def test_the_columns_of_the_entity_are_kept_too(tmp_path: Path, database: Database) -> None:
    promote(applied(tmp_path, features=[RequestSource("job"), pays(tmp_path)]))
    assert route().keys == ("age",)
    dropped = promote(second_declaration(tmp_path, features=[RequestSource("job")])).dropped
    assert (dropped, route().lookups, route().keys) == (("age",), (), ("age",))


def test_applying_forgets_only_when_told_to_and_names_what(tmp_path: Path, database: Database) -> None:
    promote(applied(tmp_path, **WIDE))
    promote(second_declaration(tmp_path, **NARROW))
    last = {"purchase": declared(tmp_path)}
    assert services.apply(declarations=last) == []
    forgotten = [Change("purchase", "forgets job: route 3")]
    assert services.plan_changes(declarations=last, forget=True) == forgotten
    assert route().number == 2
    assert services.apply(declarations=last, forget=True) == forgotten
    assert (route().number, route().fields) == (3, ("age",))
    assert services.apply(declarations=last, forget=True) == []


def test_what_was_forgotten_is_known_again_with_a_version_that_takes_it(
    tmp_path: Path, database: Database
) -> None:
    promote(applied(tmp_path, features=[RequestSource("age"), RequestSource("job")]))
    promote(second_declaration(tmp_path, **NARROW))
    services.apply(declarations={"purchase": declared(tmp_path)}, forget=True)
    services.rollback(endpoint="purchase")
    assert route().fields == ("age", "job")


def test_a_rollback_after_forgetting_brings_back_its_own_fields_alone(
    tmp_path: Path, database: Database
) -> None:
    promote(applied(tmp_path, **WIDE))
    promote(second_declaration(tmp_path, **NARROW))
    promote(second_declaration(tmp_path, **NARROW))
    services.apply(declarations={"purchase": declared(tmp_path)}, forget=True)
    services.rollback(endpoint="purchase")
    assert (route().champion.version, route().fields) == (2, ("age",))


def test_a_rollback_says_what_callers_must_send_again(tmp_path: Path, database: Database) -> None:
    promote(applied(tmp_path, features=[RequestSource("age", "job")]))
    assert promote(second_declaration(tmp_path, **NARROW)).required == ()
    assert services.rollback(endpoint="purchase").required == ("job",)


def test_promoting_the_champion_again_makes_no_revision(tmp_path: Path, database: Database) -> None:
    version = applied(tmp_path)
    first, again = promote(version), promote(version, expected=1)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.revision == first.revision
    assert RouteRevision.objects.count() == 1
