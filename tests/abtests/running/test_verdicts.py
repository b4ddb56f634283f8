"""What a look at a test comes to, from rows as servers write them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from flyball.control.abtests import analysing, selectors, services
from flyball.control.abtests.asking import Guard
from flyball.control.abtests.judging import standing
from flyball.control.abtests.models import Exposure, Look, Sums
from flyball.control.routing import selectors as routing
from flyball.stores.database import Database
from tests.abtests.running.cast import START, chance, happened, predicted, started, two_versions

pytestmark = pytest.mark.storage
MINUTE = timedelta(minutes=1)


def test_the_better_version_wins_and_is_promoted_with_its_evidence(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome", action="promote")
    units = [f"person {number}" for number in range(3000)]
    answered = predicted(database, units, START, MINUTE)
    happened(answered, chance({1: 0.2, 2: 0.5}), timedelta(minutes=5))
    state = analysing.look(test=test, moment=START + timedelta(days=3))
    assert state == "winner"
    route = routing.route("purchase")
    assert route is not None
    assert (route.champion.version, route.test, len(route.arms)) == (2, None, 1)
    kept = selectors.abtest("purchase", 1)
    assert kept.ended_by == route.number
    assert kept.verdict is not None
    assert "Version 2 is better than the champion in outcome" in kept.verdict["sentence"]
    assert routing.revision("purchase", route.number).reason.startswith("A/B test 1 is won: outcome of 2")


def test_the_same_rows_give_the_same_sums_again(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started()
    units = [f"person {number % 700}" for number in range(1500)]
    answered = predicted(database, units, START, MINUTE)
    happened(answered[::2], chance({1: 0.2, 2: 0.3}), timedelta(minutes=5))
    for hours in (2, 5, 11, 48):
        analysing.look(test=test, moment=START + timedelta(hours=hours))
    found = {(each.metric, each.stratum, each.arm): each.document for each in Sums.objects.all()}
    assert Exposure.objects.count() == 700
    analysing.forget(test=test)
    analysing.look(test=test, moment=START + timedelta(hours=48))
    assert {(each.metric, each.stratum, each.arm): each.document for each in Sums.objects.all()} == found
    assert Look.objects.count() == 5


def test_stopping_gives_all_units_back_to_the_champion(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started()
    before = routing.route("purchase")
    ended = services.stop(test=test)
    route = routing.route("purchase")
    assert before is not None
    assert route is not None
    assert before.test is not None
    assert route.test is None
    assert [(arm.name, arm.version, arm.weight) for arm in route.arms] == [("champion", 1, 1.0)]
    assert ended.ended_by == route.number


def test_how_a_test_stands_is_one_document(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started(secondary=["accuracy"], metric="outcome", guardrails=[Guard("latency_p99")])
    units = [f"person {number}" for number in range(600)]
    happened(predicted(database, units, START, MINUTE), chance({1: 0.2, 2: 0.2}), MINUTE)
    analysing.look(test=test, moment=START + timedelta(days=3))
    document = json.loads(json.dumps(standing.standing(selectors.abtest("purchase", 1))))
    assert document["state"] == "running"
    assert [(arm["name"], arm["version"], arm["share"]) for arm in document["arms"]] == [
        ("champion", 1, 0.5),
        ("2", 2, 0.5),
    ]
    assert sum(arm["units"] for arm in document["arms"]) == document["exposed"] == 600
    assert [each["name"] for each in document["metrics"]] == ["outcome", "accuracy", "latency_p99"]
    assert document["verdict"]["state"] == "undecided"
    assert len(standing.band(test, "2", "outcome")) == 1


def test_a_one_sided_metric_has_the_bound_alone_that_it_asks_for(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome", one_sided=True, margin=0.2)
    units = [f"person {number}" for number in range(600)]
    happened(predicted(database, units, START, MINUTE), chance({1: 0.2, 2: 0.2}), MINUTE)
    analysing.look(test=test, moment=START + timedelta(days=3))
    (reading,) = standing.standing(selectors.abtest("purchase", 1))["metrics"][0]["readings"]
    (point,) = standing.band(test, "2", "outcome")
    assert reading["lower"] == point["lower"] is not None
    assert reading["upper"] is point["upper"] is None
