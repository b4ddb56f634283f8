"""A fallback is put beside the champion, and stays there through all that happens to a route."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from flyball import RequestSource, Threshold
from flyball.control.arms import services as arms
from flyball.control.arms.selectors import Tried, failures_by_arm
from flyball.control.declarations import discovery
from flyball.control.registry.models import Version
from flyball.control.routing import selectors, services
from flyball.control.routing.models import RouteRevision
from flyball.domain.errors import (
    ConfirmationNeeded,
    Conflict,
    InvalidInput,
    UnknownEndpoint,
    UnknownVersion,
)
from flyball.domain.records import now
from flyball.domain.routing import Arm, Route
from flyball.serving.recording.meter import Meter
from flyball.stores import minutes
from flyball.stores.database import Database
from tests.routing.purchase import applied, champions, copy, pays, promote, second_declaration

pytestmark = pytest.mark.storage


def put(version: int, deadline: float | None = 0.2, **more: int) -> RouteRevision:
    return arms.set_fallback(endpoint="purchase", version=version, deadline=deadline, **more).revision


def route() -> Route:
    found = selectors.route("purchase")
    assert found is not None
    return found


def three(folder: Path) -> list[Version]:
    """The champion, the version behind it, and another one."""
    first = applied(folder, decide=Threshold(0.4, at_or_above="call", below="leave"))
    every = [first, copy(first), copy(first)]
    promote(first)
    return every


def test_a_fallback_is_one_revision_more_and_decides_what_the_champion_does(
    tmp_path: Path, database: Database
) -> None:
    three(tmp_path)
    revision = put(2)
    assert (revision.kind, revision.number) == ("arms", 2)
    assert revision.reason == "fallback: version 2 after 0.2 s"
    spare = route().fallback
    assert spare == Arm("fallback", 2, deadline=0.2, decision=route().champion.decision)
    assert champions() == [1, 1]
    assert [selectors.version_stage(each, route()) for each in Version.objects.order_by("number")] == [
        "production",
        "fallback",
        "testing",
    ]


def test_the_same_again_publishes_nothing_and_another_takes_its_place(
    tmp_path: Path, database: Database
) -> None:
    three(tmp_path)
    put(2)
    assert put(2).number == 2
    assert put(2, None).number == 3
    assert put(3).number == 4
    assert [(arm.name, arm.version) for arm in route().arms] == [("champion", 1), ("fallback", 3)]
    assert arms.remove_fallback(endpoint="purchase").is_new
    assert not arms.remove_fallback(endpoint="purchase").is_new
    assert route().fallback is None


def test_what_cannot_stand_behind_the_champion_is_refused(tmp_path: Path, database: Database) -> None:
    first = applied(tmp_path)
    with pytest.raises(Conflict):
        put(1)
    promote(first)
    with pytest.raises(InvalidInput) as raised:
        put(1, 61.0)
    assert [each.pointer for each in raised.value.problems] == ["/version", "/deadline"]
    with pytest.raises(UnknownVersion):
        put(7)
    copy(first)
    with pytest.raises(Conflict, match="The route in force is revision 1"):
        put(2, expected=3)
    with pytest.raises(UnknownEndpoint):
        arms.set_fallback(endpoint="nothing", version=1)


def test_a_version_that_needs_more_than_the_champion_is_no_fallback(
    tmp_path: Path, database: Database
) -> None:
    promote(applied(tmp_path))
    second_declaration(tmp_path, features=[pays(tmp_path)])
    services.apply(declarations={"purchase": discovery.find("purchase")})
    with pytest.raises(Conflict, match="cannot answer beside the champion"):
        put(2)


def test_a_promotion_keeps_it_unless_it_is_that_version(tmp_path: Path, database: Database) -> None:
    three(tmp_path)
    put(2)
    promote(3)
    assert [(arm.name, arm.version) for arm in route().arms] == [("champion", 3), ("fallback", 2)]
    assert route().arms[1].deadline == 0.2
    promote(2)
    assert [(arm.name, arm.version) for arm in route().arms] == [("champion", 2)]


def test_a_promotion_after_which_it_refuses_rows_asks_first(tmp_path: Path, database: Database) -> None:
    first = applied(tmp_path)
    copy(first)
    promote(first)
    put(2)
    fewer = second_declaration(tmp_path, features=[RequestSource("age")])
    with pytest.raises(ConfirmationNeeded, match="The fallback could not stand behind it"):
        promote(fewer)


def test_applying_keeps_it_and_gives_it_the_new_decision(tmp_path: Path, database: Database) -> None:
    three(tmp_path)
    put(2)
    declaration = discovery.find("purchase")
    declaration.decide = Threshold(0.7, at_or_above="call", below="leave")
    services.apply(declarations={"purchase": declaration})
    spare = route().fallback
    assert spare is not None
    assert spare.decision is not None
    assert (spare.version, spare.deadline, spare.decision.threshold) == (2, 0.2, 0.7)


def test_a_rollback_keeps_the_present_one(tmp_path: Path, database: Database) -> None:
    three(tmp_path)
    put(2)
    promote(3)
    put(2, 0.5)
    services.rollback(endpoint="purchase")
    assert [(arm.name, arm.version, arm.deadline) for arm in route().arms] == [
        ("champion", 1, None),
        ("fallback", 2, 0.5),
    ]


def test_a_rollback_to_the_fallbacks_own_version_has_none(tmp_path: Path, database: Database) -> None:
    three(tmp_path)
    promote(2)
    put(1)
    services.rollback(endpoint="purchase")
    assert [(arm.name, arm.version) for arm in route().arms] == [("champion", 1)]


def test_its_version_is_neither_removed_nor_archived(tmp_path: Path, database: Database) -> None:
    three(tmp_path)
    put(2)
    for ending in (services.remove_version, services.archive_version):
        with pytest.raises(Conflict, match="names version 2"):
            ending(endpoint="purchase", version=2)
    arms.remove_fallback(endpoint="purchase")
    services.remove_version(endpoint="purchase", version=2)
    promote(3)
    services.rollback(endpoint="purchase")  # which no removed version behind an earlier champion stops
    assert champions()[-1] == 1


def test_failures_are_told_by_arm(database: Database) -> None:
    meter = Meter()
    meter.refused("triage", "model_failed", 2, "challenger")
    meter.refused("triage", "invalid_input", 2, "challenger")
    meter.fell_back("triage", 1, "champion", "too_late", 4)
    meter.refused("triage", "model_failed")
    meter.refused("triage", "invalid_input")
    counts = dict(meter.take())
    moment = now()
    long_ago = {key._replace(minute=key.minute - 60): 1_000 for key in counts}
    with closing(database.connect()) as connection, database.transaction(connection):
        minutes.add(database, connection, counts)
        minutes.add(database, connection, long_ago)
    assert failures_by_arm("triage", moment - timedelta(minutes=5)) == {
        (1, "champion"): Tried(fell_back=4),
        (2, "challenger"): Tried(failed=1, refused=1),
    }
    assert failures_by_arm("triage", moment - timedelta(minutes=5))[1, "champion"].failures == 4
    assert failures_by_arm("other", moment) == {}
