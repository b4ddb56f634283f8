"""A/B tests over the management API: planned, started, looked at, weighed anew and stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from flyball.control.abtests import analysing, selectors
from flyball.control.abtests.models import ABTest
from flyball.control.registry.models import Version
from flyball.control.routing import selectors as routing
from flyball.control.routing.models import RouteRevision
from flyball.stores.database import Database
from tests.abtests.running.cast import START, chance, happened, predicted
from tests.api.conftest import Ask
from tests.routing.purchase import copy, promote

pytestmark = pytest.mark.storage
PATH = "endpoints/purchase/tests"
ASKED = {"challengers": [2], "share": "20%", "metric": "outcome", "within": "1h", "at_least": 0}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def two(ask: Ask, version: Version) -> Ask:
    """``purchase`` with its champion and version 2."""
    promote(version)
    copy(version)
    return ask


@pytest.fixture
def started(two: Ask) -> Ask:
    """The same, with a test of version 2 on a fifth of the units."""
    assert two("owner", "POST", PATH, ASKED).status_code == 201
    return two


def weights() -> dict[int, float]:
    """Who has which part of the units now, by version."""
    route = routing.route("purchase")
    assert route is not None
    return {arm.version: arm.weight for arm in route.answering}


def codes(answer: Any) -> dict[str, str]:
    """What a refusal names: the code of each problem, by its place."""
    return {each["pointer"]: each["code"] for each in answer.json()["errors"]}


def test_a_test_is_started_and_answers_with_how_it_stands_and_what_it_can_find(two: Ask) -> None:
    answer = two("owner", "POST", PATH, {**ASKED, "expected": 1})
    document = answer.json()
    assert (answer.status_code, document["number"], document["state"]) == (201, 1, "running")
    assert (document["revision"], document["expectation"]["metric"]) == (2, "outcome")
    assert weights() == {1: 0.8, 2: 0.2}
    known = {name: value for name, value in document.items() if name not in {"revision", "expectation"}}
    assert two("viewer", "GET", f"{PATH}/1").json() == known
    (listed,) = two("viewer", "GET", PATH).json()["tests"]
    assert (listed["number"], listed["state"], listed["shares"]) == (
        1,
        "running",
        {"champion": 0.8, "2": 0.2},
    )


def test_a_plan_starts_nothing(two: Ask) -> None:
    answer = two("owner", "POST", f"{PATH}/plan", {**ASKED, "effect": 0.1})
    assert (answer.status_code, answer.json()["effect"]) == (200, 0.1)
    assert not ABTest.objects.exists()


def test_shares_are_numbers_or_texts_and_times_seconds_or_texts(two: Ask) -> None:
    words = {"challengers": ["2"], "share": 0.3, "within": 3600, "at_most": "28d", "level": "5%"}
    document = two("owner", "POST", PATH, words).json()
    assert (document["level"], document["at_most"], weights()) == (0.05, 28 * 86_400, {1: 0.7, 2: 0.3})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"challengers": []}, {"/challengers": "out_of_range"}),
        ({"challengers": 2}, {"/challengers": "wrong_type"}),
        ({"challengers": [True]}, {"/challengers": "wrong_type"}),
        ({"challengers": [2.5]}, {"/challengers": "wrong_type"}),
        ({"share": {}, "level": [1]}, {"/share": "wrong_type", "/level": "wrong_type"}),
        ({"share": 2, "at_least": "soon"}, {"/share": "out_of_range", "/at_least": "wrong_type"}),
        ({"at_most": 1e300}, {"/at_most": "wrong_type"}),
        ({"one_sided": "yes"}, {"/one_sided": "wrong_type"}),
        ({"layer": "check\u0000out"}, {"/layer": "wrong_type"}),
        ({"metric": "joy"}, {"/metric": "unknown_metric"}),
        ({"challengers": ["1@0.5"]}, {"/challengers": "no_decision"}),
        ({"shoe": 1}, {"/shoe": "unknown_field"}),
        ({"expected": "1"}, {"/expected": "wrong_type"}),
    ],
)
def test_what_does_not_fit_is_refused_with_every_place(
    two: Ask, words: dict[str, Any], expected: dict[str, str]
) -> None:
    answer = two("owner", "POST", PATH, {**ASKED, **words})
    assert (answer.status_code, codes(answer)) == (422, expected)
    assert not ABTest.objects.exists()


def test_without_a_champion_no_test_starts(ask: Ask, version: Version) -> None:
    answer = ask("owner", "POST", PATH, ASKED)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_arms_get_other_shares(started: Ask) -> None:
    answer = started("owner", "POST", f"{PATH}/1/weights", {"shares": {"2": "30%"}, "expected": 2})
    assert (answer.status_code, len(answer.json()["strata"]), weights()) == (200, 2, {1: 0.7, 2: 0.3})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"shares": {"2": 1}}, 422),
        ({"shares": {"2": 0}}, 422),
        ({"shares": {}}, 422),
        ({"shares": {"7": "10%"}}, 422),
        ({"shares": ["2"]}, 422),
        ({"shares": {"2": "10%"}, "expected": 1}, 409),
    ],
)
def test_shares_that_do_not_fit_are_refused(started: Ask, body: dict[str, Any], status: int) -> None:
    assert started("owner", "POST", f"{PATH}/1/weights", body).status_code == status
    assert weights() == {1: 0.8, 2: 0.2}


def test_a_test_is_stopped_once(started: Ask) -> None:
    answer = started("owner", "POST", f"{PATH}/1/stop", {"reason": "the sale is over", "expected": 2})
    assert (answer.status_code, answer.json()["state"], weights()) == (200, "ended", {1: 1.0})
    assert routing.revision("purchase", 3).reason.endswith("is stopped: the sale is over")
    for path, body in (("stop", {}), ("weights", {"shares": {"2": "10%"}})):
        assert started("owner", "POST", f"{PATH}/1/{path}", body).status_code == 409


def test_a_recount_is_a_job(started: Ask) -> None:
    answer = started("owner", "POST", f"{PATH}/1/recount", {})
    assert (answer.status_code, answer.json()["arguments"]) == (202, {"test": 1, "again": True})


def test_the_band_has_a_point_for_each_look(started: Ask, database: Database) -> None:
    units = [f"person {number}" for number in range(900)]
    happened(predicted(database, units, START, MINUTE), chance({1: 0.2, 2: 0.3}), MINUTE)
    for days in (1, 2):
        analysing.look(test=selectors.newest("purchase"), moment=START + timedelta(days=days))
    answer = started("viewer", "GET", f"{PATH}/1/band?arm=2&metric=outcome")
    assert len(answer.json()["band"]) == 2
    assert started("viewer", "GET", f"{PATH}/1/band?arm=2").status_code == 422
    assert started("viewer", "GET", f"{PATH}/7/band?arm=2&metric=outcome").status_code == 404


# Mistakes that a well-known service makes


def test_a_start_does_not_stop_the_champion_from_answering(two: Ask) -> None:
    two("owner", "POST", PATH, ASKED)
    for revision in RouteRevision.objects.all():
        assert [arm["name"] for arm in revision.document["arms"]].count("champion") == 1
        assert revision.document["arms"][0]["weight"] > 0


def test_a_start_that_fails_leaves_the_route_as_it_was(two: Ask) -> None:
    before = RouteRevision.objects.count()
    assert two("owner", "POST", PATH, {**ASKED, "challengers": [2, 9]}).status_code == 404
    assert (RouteRevision.objects.count(), ABTest.objects.count()) == (before, 0)


def test_a_version_of_another_endpoint_is_no_challenger(two: Ask) -> None:
    answer = two("owner", "POST", PATH, {**ASKED, "challengers": ["other@1"]})
    assert (answer.status_code, codes(answer)) == (422, {"/challengers": "wrong_type"})


def seen(ask: Ask, database: Database, value: Callable[[Any], str], share: float = 1.0) -> dict[str, Any]:
    """How a test stands at half and half, of 2,000 people of whom a part had an outcome."""
    asked = {**ASKED, "share": "50%", "action": "promote", "at_most": "2d", "stops": ["winner", "harm"]}
    ask("owner", "POST", PATH, asked)
    units = [f"person {number}" for number in range(2000)]
    answered = predicted(database, units, START, MINUTE)
    happened(answered[: int(len(answered) * share)], value, MINUTE)
    analysing.look(test=selectors.newest("purchase"), moment=START + timedelta(days=9))
    document: dict[str, Any] = ask("viewer", "GET", f"{PATH}/1").json()
    return document


def test_what_had_no_outcome_counts_neither_as_right_nor_as_wrong(two: Ask, database: Database) -> None:
    document = seen(two, database, lambda each: "yes", share=0.5)
    (metric,) = document["metrics"]
    assert (metric["mature"], metric["known"]) == (2000, 1000)
    assert [each["value"] for each in metric["values"]] == [1.0, 1.0]


def test_a_tie_promotes_nobody_and_there_is_one_champion_after_it(two: Ask, database: Database) -> None:
    document = seen(two, database, chance({1: 0.3, 2: 0.3}))
    assert (document["verdict"]["state"], document["state"], weights()) == ("time_over", "ended", {1: 1.0})


def test_there_is_one_champion_after_a_verdict(two: Ask, database: Database) -> None:
    document = seen(two, database, chance({1: 0.2, 2: 0.6}))
    assert (document["verdict"]["state"], document["state"], weights()) == ("winner", "ended", {2: 1.0})
    newest = RouteRevision.objects.get(number=document["ended_by"])
    assert [arm["name"] for arm in newest.document["arms"]] == ["champion"]


def test_units_stay_in_their_arm_when_shares_change(started: Ask) -> None:
    before = routing.route("purchase")
    started("owner", "POST", f"{PATH}/1/weights", {"shares": {"2": "50%"}})
    after = routing.route("purchase")
    assert before is not None
    assert after is not None
    held = [_slots(route, 2) for route in (before, after)]
    assert held[0] < held[1]
    assert (len(held[0]), len(held[1])) == (2000, 5000)


def _slots(route: Any, version: int) -> set[int]:
    found, first = set(), 0
    for arm, length in route.test.runs:
        if route.answering[arm].version == version:
            found |= set(range(first, first + length))
        first += length
    return found


@pytest.mark.django_db(transaction=True)
def test_of_two_starts_at_once_one_wins(two: Ask) -> None:
    barrier, statuses = Barrier(2), list[int]()

    def start() -> None:
        barrier.wait()
        try:
            statuses.append(two("owner", "POST", PATH, ASKED).status_code)
        finally:
            connection.close()

    threads = [Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409]
    assert (ABTest.objects.count(), RouteRevision.objects.count()) == (1, 2)
