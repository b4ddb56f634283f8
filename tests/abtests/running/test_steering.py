"""What follows a look: a promotion, an arm that goes back, a canary's next step, a bandit's shares."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flyball import Policy
from flyball.control.abtests import analysing, selectors
from flyball.control.abtests.asking import Arm
from flyball.control.abtests.models import ABTest
from flyball.control.abtests.strata import history
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors as routing
from flyball.control.routing.models import Minute, RouteRevision
from flyball.domain.routing import Route
from flyball.stores.database import Database
from flyball.stores.minutes import minute_of
from tests.abtests.running.cast import START, chance, happened, predicted, started, two_versions
from tests.routing.purchase import copy

pytestmark = pytest.mark.storage
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def in_force() -> Route:
    route = routing.route("purchase")
    assert route is not None
    return route


def lived(database: Database, rates: dict[int, float], people: int = 2000, day: int = 0) -> None:
    """People who ask, a minute after each other, and what happened to each of them an hour later."""
    units = [f"person {day} {number}" for number in range(people)]
    answered = predicted(database, units, START + day * DAY, MINUTE)
    happened(answered, chance(rates), timedelta(minutes=50))


def after(days: float, test: ABTest) -> str:
    return analysing.look(test=test, moment=START + days * DAY)


def test_harm_sends_a_challenger_back_before_at_least_is_over(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome", action="promote", at_least=30 * 86_400.0)
    begin(test, timedelta(0))
    lived(database, {1: 0.5, 2: 0.2})
    assert after(2, test) == "harm"
    route = in_force()
    assert ([arm.version for arm in route.arms], route.test) == ([1], None)
    assert "sends 2 back: outcome of 2: " in routing.revision("purchase", route.number).reason


def test_one_of_two_challengers_goes_back_and_the_test_goes_on(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    copy(registry.version("purchase", 1))
    test = started(challengers=[Arm(2), Arm(3)], share=0.3, metric="outcome", action="promote")
    lived(database, {1: 0.5, 2: 0.2, 3: 0.5})
    assert after(2, test) == "harm"
    route = in_force()
    assert [(arm.name, arm.version) for arm in route.arms] == [("champion", 1), ("challenger", 3)]
    kept = selectors.abtest("purchase", 1)
    assert (kept.decided_at, kept.ended_at) == (None, None)


def test_a_tie_promotes_nobody(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome", action="promote", at_most=60.0)
    lived(database, {1: 0.5, 2: 0.5})
    assert after(2, test) == "time_over"
    route = in_force()
    assert ([arm.version for arm in route.arms], route.test) == ([1], None)


def test_a_test_that_only_tells_leaves_the_route_as_it_is(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome", action="tell")
    before = in_force()
    lived(database, {1: 0.2, 2: 0.6})
    assert after(2, test) == "winner"
    lived(database, {1: 0.6, 2: 0.2}, day=2)
    after(4, test)
    assert in_force() == before
    verdict = selectors.abtest("purchase", 1).verdict
    assert verdict is not None
    assert verdict["state"] == "winner"  # the first that was final


def test_a_verdict_that_cannot_be_acted_on_says_so_and_is_tried_again(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome", action="promote")
    lived(database, {1: 0.2, 2: 0.6})
    from flyball.control.declarations import discovery

    monkeypatch.setattr(discovery.find("purchase"), "policy", Policy(minimum_score=2.0))
    after(2, test)
    kept = selectors.abtest("purchase", 1)
    assert kept.trouble.startswith("The verdict could not be acted on: ")
    assert in_force().champion.version == 1
    monkeypatch.undo()
    after(2.1, kept)
    assert in_force().champion.version == 2


def ramp(**more: Any) -> ABTest:
    return started(steps=[0.1, 0.5, 1.0], each=3600.0, metric="outcome", **more)


def begin(test: ABTest, moment: timedelta) -> None:
    """Have the newest revision of a test made at a moment of these people's time."""
    newest = RouteRevision.objects.filter(endpoint_id="purchase").order_by("-number").first()
    assert newest is not None
    RouteRevision.objects.filter(pk=newest.pk).update(created_at=START + moment)


def test_a_canary_takes_its_steps_each_as_a_revision_and_becomes_champion(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    test = ramp()
    begin(test, timedelta(0))
    lived(database, {1: 0.5, 2: 0.5}, people=600)
    after(0.03, test)
    assert history(test).strata[-1].shares["2"] == 0.1  # an hour is not over
    after(1, test)
    assert history(test).strata[-1].shares["2"] == 0.5
    begin(test, timedelta(hours=12))
    lived(database, {1: 0.5, 2: 0.5}, people=600, day=1)
    after(2, test)
    route = in_force()
    assert ([arm.version for arm in route.arms], route.test) == ([2], None)
    kinds = RouteRevision.objects.filter(endpoint_id="purchase").order_by("number")
    assert [each.kind for each in kinds] == ["promotion", "test", "ramp", "promotion"]


def test_a_canary_that_harms_goes_back_by_itself(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = ramp(action="tell")
    begin(test, timedelta(0))
    lived(database, {1: 0.9, 2: 0.1}, people=2000)
    after(2, test)
    route = in_force()
    assert ([arm.version for arm in route.arms], route.test) == ([1], None)


def test_a_canary_that_nobody_asks_stays_where_it_is(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = ramp()
    begin(test, timedelta(0))
    after(30, test)
    assert history(test).strata[-1].shares["2"] == 0.1


def test_a_bandit_gives_more_to_the_better_arm_and_keeps_a_floor(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome", share=0.5, every=3600.0, floor=0.1, stops=["harm"])
    begin(test, timedelta(0))
    lived(database, {1: 0.3, 2: 0.5}, people=800)
    after(1, test)
    shares = history(test).strata[-1].shares
    assert shares["2"] == pytest.approx(0.9)
    assert shares["champion"] == pytest.approx(0.1)
    begin(test, timedelta(hours=24))
    lived(database, {1: 0.3, 2: 0.1}, people=2000, day=1)
    after(3, test)
    assert history(test).strata[-1].shares["2"] < 0.9


def test_a_canary_that_fails_goes_back_by_itself(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = ramp()
    begin(test, timedelta(0))
    counted = {(1, "champion"): (5000, 3), (2, "canary"): (500, 90)}
    for (version, arm), (answers, failures) in counted.items():
        of = {"endpoint": "purchase", "version": version, "arm": arm, "minute": minute_of(START) + 1}
        Minute.objects.create(**of, name="answers", label="", count=answers)
        Minute.objects.create(**of, name="failed", label="model_failed", count=failures)
    assert after(0.02, test) == "harm"
    assert "errors of 2: +" in routing.revision("purchase", in_force().number).reason
    assert in_force().test is None
