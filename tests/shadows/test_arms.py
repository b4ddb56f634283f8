"""A version becomes a shadow, stays one through what happens to others, and is one no more."""

from __future__ import annotations

import pytest

from flyball.control.routing import selectors as routing
from flyball.control.routing import services as routes
from flyball.control.routing.models import RouteRevision
from flyball.control.shadows import making, services
from flyball.control.shadows.models import Shadow
from flyball.domain.errors import Conflict, NotFound, UnknownVersion
from flyball.domain.records import now
from flyball.domain.schema import Field, Kind, Schema
from flyball.stores.database import Database
from tests import published
from tests.shadows import conftest

pytestmark = pytest.mark.storage


def arms() -> list[tuple[str, int]]:
    """Of the route in force."""
    route = routing.route("triage")
    assert route is not None
    return [(arm.name, arm.version) for arm in route.arms]


def test_it_is_one_route_revision_and_the_version_is_staged(shadow: Database) -> None:
    revision = routing.revisions("triage")[0]
    assert (revision.number, revision.kind, revision.reason) == (2, "arms", "version 2 became a shadow")
    assert arms() == [("champion", 1), ("shadow", 2)]
    version = routing.resolve("triage@2")
    assert routing.version_stage(version, routing.route("triage")) == "staging"


def test_there_may_be_any_number_of_them(shadow: Database) -> None:
    for number in (3, 4, 5):
        published.store(shadow, version=number)
        services.add_shadow(endpoint="triage", version=number)
    assert arms()[1:] == [("shadow", number) for number in (2, 3, 4, 5)]


@pytest.mark.parametrize(("version", "reason"), [(1, "is champion already"), (2, "is shadow already")])
def test_a_version_that_has_an_arm_becomes_none(shadow: Database, version: int, reason: str) -> None:
    with pytest.raises(Conflict, match=reason):
        services.add_shadow(endpoint="triage", version=version)


def test_a_version_that_needs_more_than_callers_send_may_be_one(triage: Database) -> None:
    wide = Schema((*published.SCHEMA.fields, Field(name="visits", kind=Kind.INTEGER, low=0, high=9)))
    published.store(triage, version=3, schema=wide)
    services.add_shadow(endpoint="triage", version=3)
    assert arms() == [("champion", 1), ("shadow", 3)]


def test_a_version_that_there_is_not_and_an_archived_one_are_refused(triage: Database) -> None:
    with pytest.raises(UnknownVersion):
        services.add_shadow(endpoint="triage", version=9)
    routes.archive_version(endpoint="triage", version=2)
    with pytest.raises(Conflict, match="archived"):
        services.add_shadow(endpoint="triage", version=2)
    assert not Shadow.objects.exists()


def test_while_it_is_one_it_is_neither_archived_nor_removed(shadow: Database) -> None:
    for change in (routes.archive_version, routes.remove_version):
        with pytest.raises(Conflict, match="take its arm out"):
            change(endpoint="triage", version=2)
    services.remove_shadow(endpoint="triage", version=2)
    assert routes.archive_version(endpoint="triage", version=2).archived_at is not None


def test_it_stays_when_others_are_promoted_and_rolled_back(shadow: Database) -> None:
    published.store(shadow, version=3)
    routes.promote(endpoint="triage", version=3, yes=True)
    assert arms() == [("champion", 3), ("shadow", 2)]
    published.store(shadow, version=4)
    services.add_shadow(endpoint="triage", version=4)
    routes.rollback(endpoint="triage")
    assert arms() == [("champion", 1), ("shadow", 2), ("shadow", 4)]


def test_what_was_taken_out_is_not_brought_back_by_a_rollback(shadow: Database) -> None:
    published.store(shadow, version=3)
    routes.promote(endpoint="triage", version=3, yes=True)
    services.remove_shadow(endpoint="triage", version=2)
    routes.rollback(endpoint="triage")
    assert arms() == [("champion", 1)]


def test_one_that_becomes_champion_is_a_shadow_no_more(shadow: Database, record: object) -> None:
    routes.promote(endpoint="triage", version=2, yes=True)
    assert arms() == [("champion", 2)]
    record([{"age": 50.0, "ward": "east"}], version=2)  # type: ignore[operator]  # a fixture's
    making.make_due(now() + making.WAIT * 2)
    assert Shadow.objects.get().ended_at is not None


def test_before_the_first_promotion_there_is_nothing_to_stand_beside(database: Database) -> None:
    published.publish(database)
    conftest.declare()
    RouteRevision.objects.all().delete()
    with pytest.raises(Conflict, match="promote a version first"):
        services.add_shadow(endpoint="triage", version=1)


def test_what_is_no_shadow_is_not_taken_out(triage: Database) -> None:
    with pytest.raises(NotFound, match="no shadow"):
        services.remove_shadow(endpoint="triage", version=1)


def test_another_revision_in_force_is_a_conflict(triage: Database) -> None:
    with pytest.raises(Conflict, match="revision 1, not 7"):
        services.add_shadow(endpoint="triage", version=2, expected=7)
