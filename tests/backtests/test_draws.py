"""Estimates of what a version's decisions would have brought, where a test drew who answers."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from flyball import Outcome
from flyball.control.backtests.counts import Counts
from flyball.control.backtests.estimating import estimates
from flyball.control.backtests.rows import Table
from flyball.control.registry import selectors as registry
from flyball.control.routing.services import remove_version
from flyball.domain.abtests.assignment import SLOTS
from flyball.domain.abtests.bandits.offpolicy import Recorded, self_normalised
from flyball.domain.abtests.bandits.rewards import Crossfitted
from flyball.domain.records import Prediction
from flyball.domain.routing import ABTest, Arm, Decision
from flyball.stores.database import Database
from tests import published
from tests.backtests.draws import estimated, simulated, subject
from tests.backtests.world import DAY, START, declare, happen, people, record, result, store

LATER = Decision(threshold=0.3, at_or_above="admit", below="send home", label="ill")
TEST = ABTest(number=5, salt="beds", runs=((0, SLOTS * 7 // 10), (1, SLOTS * 3 // 10)))


@pytest.mark.parametrize("recurring", [False, True])
def test_intervals_hold_the_truth_19_times_of_20(recurring: bool) -> None:
    true = simulated(np.random.default_rng(0), 200_000, recurring=recurring, truth=True)
    held: dict[str, list[bool]] = {}
    for seed in range(1, 101):
        table = cast(Table, simulated(np.random.default_rng(seed), 500, recurring=recurring))
        for each in estimated(table)["estimates"]:
            held.setdefault(each["way"], []).append(each["lower"] < true < each["upper"])
    assert set(held) == {"inverse_propensity", "self_normalised", "doubly_robust"}
    for way, each in held.items():
        assert 0.88 <= np.mean(each) <= 1, way


def test_a_reward_model_has_not_learned_from_the_row_that_it_says() -> None:
    rng = np.random.default_rng(4)
    rewards, units = rng.normal(size=2000), np.repeat(np.arange(400), 5)
    rewards += rng.normal(0, 3, 400)[units]
    done = (rng.random(2000) < 0.5).astype(int)
    model = Crossfitted(rewards, done, rng.normal(size=2000), units)
    assert abs(np.corrcoef(model.of(done), rewards)[0, 1]) < 0.1
    helped = rewards + 5 * done
    assert np.mean(Crossfitted(helped, done, rng.normal(size=2000), units).of(np.ones(2000, int))) > 4


def changed(**columns: Any) -> dict[str, Any]:
    """Estimates of sound rows, of which some columns are otherwise."""
    table = cast(Table, simulated(np.random.default_rng(1), 500, recurring=False))
    return estimated({**table, **columns})


def test_what_would_mislead_is_refused_with_its_reason() -> None:
    few = np.full(500, 0.999)
    few[:2] = 0.001
    one = np.ones(500)
    assert "The weights explode" in changed(chance=few, is_same=one)["reason"]
    covered = np.ones(500)
    covered[:20] = 0
    assert changed(is_covered=covered)["reason"].startswith("In 20 of 500 predictions no arm would")
    never = changed(reward=np.zeros(500))
    assert "fewer than 10 events" in never["reason"]
    assert never["estimates"] == []
    table = cast(Table, simulated(np.random.default_rng(1), 500, recurring=False))
    counts = Counts(drawn=600)
    counts.not_estimated["why"] = 20
    assert "20 predictions whose arm was drawn" in estimates(table, counts, subject())["reason"]
    assert "no outcome to average" in estimates(table, counts, subject(observed_when="accept"))["reason"]
    assert "Nothing is decided" in estimates(table, counts, subject(decision=None))["reason"]
    assert "no A/B test" in estimates({}, Counts(), subject())["reason"]


@pytest.fixture
def beds(database: Database) -> Database:
    """A test of ``triage@1`` with another threshold as challenger; ``triage@2`` is asked about."""
    declare()
    route = published.publish(database)
    store(database, labels=("ill", "well"))
    arms = (*route.arms, Arm("challenger", 1, decision=LATER))
    published.put(replace(route, number=2, arms=arms, test=TEST))
    return database


def drawn(database: Database, number: int = 600, **more: Any) -> list[Prediction]:
    """Predictions of the test: three of ten by the challenger; the admitted are well more often."""
    chance = random.Random(3)  # noqa: S311 - a test's
    inputs = people(number)
    outputs = registry.loaded(registry.version("triage", 1)).predict(inputs)
    each = []
    for place, output in enumerate(outputs):
        arm, decision, share = (
            ("challenger", LATER, 0.3) if chance.random() < 0.3 else ("champion", published.DECISION, 0.7)
        )
        decided = decision.decide(output)
        each.append({"arm": arm, "decision": decided, "propensity": share, "reference": f"bed {place}"})
    made = record(database, inputs, each=each, route=2, test=5, **more)
    fates = [
        (
            one,
            "ill"
            if chance.random() < float(one.input["age"] or 0) / 100 - 0.2 * (one.decision == "admit")
            else "well",
        )
        for one in made
    ]
    happen(database, fates)
    return made


@pytest.mark.storage
def test_the_chance_of_a_decision_is_that_of_all_arms_that_make_it(beds: Database) -> None:
    made = drawn(beds)
    found = result()["off_policy"]
    assert found["reason"] == ""
    told = {str(each.prediction): each.value for each in _told()}
    runtime = [registry.loaded(registry.version("triage", number)) for number in (1, 2)]
    ones, twos = (
        [each["probabilities"]["ill"] for each in one.predict([p.input for p in made])] for one in runtime
    )
    chances, same, rewards = [], [], []
    for stored, one, two in zip(made, ones, twos, strict=True):
        decided = {0.7: one >= 0.5, 0.3: one >= 0.3}
        was = stored.decision == "admit"
        chances.append(sum(share for share, admits in decided.items() if admits == was))
        same.append(float((two >= 0.5) == was))
        rewards.append(float(told[str(stored.id)] == "ill"))
    by_hand = self_normalised(Recorded(rewards, chances, same))
    way = next(each for each in found["estimates"] if each["way"] == "self_normalised")
    assert way["estimate"] == pytest.approx(float(by_hand.interval.estimate))
    assert way["upper"] == pytest.approx(float(by_hand.interval.upper))
    assert found["matched"] == sum(same)
    assert found["largest_weight"] == pytest.approx(
        max(1 / c for c, s in zip(chances, same, strict=True) if s)
    )
    assert found["answered"] == pytest.approx(np.mean(rewards))
    assert found["of"] == "the part whose outcome is ill"


def _told() -> Any:
    from flyball.control.routing.models import Outcome as Told

    return Told.objects.all()


@pytest.mark.storage
def test_a_chance_that_is_not_its_routes_is_not_believed(beds: Database) -> None:
    drawn(beds)
    record(beds, people(30), route=2, test=5, propensity=0.5, at=START + 5 * DAY)
    happen(beds, [(each, "ill") for each in record(beds, people(30), route=1, test=5, propensity=0.7)])
    found = result()["off_policy"]
    assert found["lacking"] == 30
    reasons = {each["reason"]: each["count"] for each in found["not_estimated"]}
    assert reasons == {"The route under which it was answered has no such A/B test.": 30}
    assert "30 predictions whose arm was drawn" in found["reason"]


@pytest.mark.storage
def test_an_arm_whose_version_was_removed_leaves_no_estimate(beds: Database) -> None:
    store(beds, 3)
    route = published.publish(beds)
    test = replace(TEST, number=6)
    arms = (*route.arms, Arm("challenger", 3, decision=LATER))
    published.put(replace(route, number=4, arms=arms, test=test))
    made = record(beds, people(50), route=4, test=6, propensity=0.7)
    happen(beds, [(each, "ill") for each in made])
    published.put(replace(route, number=5))
    remove_version(endpoint="triage", version=3)
    found = result()["off_policy"]
    (why,) = found["not_estimated"]
    assert why["count"] == 50
    assert why["reason"].endswith("cannot be asked what it would have decided: triage@3 was removed.")
    assert found["rows"] == 0
    assert found["estimates"] == []


@pytest.mark.storage
def test_without_a_test_or_with_outcomes_of_one_decision_alone_nothing_is_estimated(beds: Database) -> None:
    made = record(beds, people(20))
    happen(beds, [(each, "ill") for each in made])
    assert "no A/B test" in result()["off_policy"]["reason"]
    declare(outcome=Outcome("state", positive="ill", observed_when="admit"))
    assert "no outcome to average" in result(although_learned=True)["off_policy"]["reason"]
