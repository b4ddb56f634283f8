"""Starting and ending: nothing changes for callers, and nobody's champion changes under a test."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flyball import RequestSource, Threshold
from flyball.control.abtests import analysing, layers, making, selectors, services
from flyball.control.abtests.asking import Arm, Guard
from flyball.control.abtests.models import ABTest
from flyball.control.abtests.planning import FEW
from flyball.control.abtests.strata import allocation
from flyball.control.accounts.models import Team
from flyball.control.jobs.models import Job
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors as routing
from flyball.control.routing import services as routes
from flyball.control.routing.models import RouteRevision
from flyball.domain.abtests.assignment import SLOTS
from flyball.domain.errors import Conflict, InvalidInput, NotFound, UnknownVersion
from flyball.domain.routing import Route
from flyball.stores.database import Database
from tests.abtests.running.cast import started, two_versions
from tests.registry import small
from tests.routing.purchase import copy, pays, promote, second_declaration

pytestmark = pytest.mark.storage


def in_force() -> Route:
    route = routing.route("purchase")
    assert route is not None
    return route


def test_a_start_is_one_revision_that_keeps_the_champion(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    before = in_force()
    test = started(share=0.2)
    route = in_force()
    assert route.number == before.number + 1
    assert route.champion.version == before.champion.version
    assert (route.fields, route.keys, route.lookups) == (before.fields, before.keys, before.lookups)
    assert route.test is not None
    assert (route.test.number, route.test.runs) == (1, ((0, 8000), (1, 2000)))
    assert routing.revision("purchase", route.number).kind == RouteRevision.Kind.TEST
    assert selectors.in_force("purchase") == test


@pytest.mark.parametrize(
    ("challenger", "error", "message"),
    [
        (Arm(1), Conflict, "is the champion"),
        (Arm(9), UnknownVersion, "has no version 9"),
        (Arm(2, 0.5), InvalidInput, "cannot have a threshold"),
    ],
)
def test_a_challenger_that_is_none_is_refused(
    challenger: Arm, error: type[Exception], message: str, tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    with pytest.raises(error, match=message):
        started(challengers=[challenger])
    assert in_force().number == 1
    assert not ABTest.objects.exists()


def test_a_challenger_that_needs_what_the_champion_does_not_is_refused(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    second_declaration(tmp_path, features=[RequestSource("age"), pays(tmp_path)])
    with pytest.raises(Conflict, match="errors that they do not see now"):
        started(challengers=[Arm(3)])
    assert not ABTest.objects.exists()


def test_two_tests_at_once_are_refused(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    started()
    with pytest.raises(Conflict, match="A/B test 1 runs already"):
        started()


def test_no_promotion_changes_the_champion_under_a_test(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    started()
    with pytest.raises(Conflict, match="Stop it first"):
        promote(2)
    assert in_force().champion.version == 1


def test_a_rollback_ends_a_test_and_leaves_its_arms_behind(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    promote(2)
    test = started(challengers=[Arm(1)])
    routes.rollback(endpoint="purchase")
    route = in_force()
    assert ([(arm.name, arm.version) for arm in route.arms], route.test) == ([("champion", 1)], None)
    analysing.look(test=test)
    assert selectors.abtest("purchase", 1).ended_by == route.number


def test_a_rollback_after_a_won_test_does_not_start_it_again(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started()
    services.win(test=test, arm="2", reason="is won")
    assert (in_force().champion.version, in_force().test) == (2, None)
    routes.rollback(endpoint="purchase")
    route = in_force()
    assert ([(arm.name, arm.version) for arm in route.arms], route.test) == ([("champion", 1)], None)


def test_applying_keeps_a_test_and_the_thresholds_of_its_arms(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path, decide=Threshold(0.4, at_or_above="call", below="leave"))
    started(challengers=[Arm(2, 0.7), Arm(2), Arm(1, 0.2)], share=0.1)
    declaration = small.declare(
        small.write_csv(tmp_path / "again.csv"), decide=Threshold(0.5, at_or_above="ring", below="leave")
    )
    assert [each.endpoint for each in routes.apply(declarations={declaration.name: declaration})]
    route = in_force()
    assert route.test is not None
    decided = [arm.decision for arm in route.arms]
    assert [each and (each.threshold, each.at_or_above) for each in decided] == [
        (0.5, "ring"),
        (0.7, "ring"),
        (0.5, "ring"),
        (0.2, "ring"),
    ]


def test_a_winner_keeps_its_own_threshold_until_the_next_promotion(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path, decide=Threshold(0.4, at_or_above="call", below="leave"))
    test = started(challengers=[Arm(1, 0.7)])
    services.win(test=test, arm="1@0.7", reason="is won")
    champion = in_force().champion
    assert champion.decision is not None
    assert (champion.version, champion.threshold, champion.decision.threshold) == (1, 0.7, 0.7)
    promote(2)
    champion = in_force().champion
    assert champion.decision is not None
    assert (champion.threshold, champion.decision.threshold) == (None, 0.4)


def test_weights_move_no_more_slots_than_they_must(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    copy(registry.version("purchase", 1))
    test = started(challengers=[Arm(2), Arm(3)], share=0.2)
    before = allocation(in_force()).owners()
    services.reweigh(test=test, shares={"2": 0.3, "3": 0.2}, reason="grows", kind=RouteRevision.Kind.TEST)
    after = allocation(in_force()).owners()
    assert sum(here != there for here, there in zip(before, after, strict=True)) == SLOTS // 10
    services.reweigh(test=test, shares={"2": 0.3}, reason="ends 3", kind=RouteRevision.Kind.TEST)
    assert set(allocation(in_force()).owners()) == {"champion", "2"}
    assert [arm.version for arm in in_force().arms] == [1, 2]


def test_an_arm_that_is_not_there_has_no_weight(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started()
    with pytest.raises(InvalidInput, match="no arm 7"):
        services.reweigh(test=test, shares={"7": 0.3}, reason="", kind=RouteRevision.Kind.TEST)


@pytest.mark.parametrize("unit", ["nobody", "bought"])
def test_a_unit_that_is_not_on_record_is_refused(unit: str, tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    with pytest.raises(InvalidInput) as refused:
        started(unit=unit)
    assert "that every arm takes" in refused.value.problems[0].message


def test_tests_of_one_layer_share_no_unit(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    team = Team.objects.get(slug="default")
    with pytest.raises(NotFound, match="has no layer"):
        started(layer="shop", layer_share=0.5)
    layers.ensure_layer(team=team, name="shop", held_out=0.1)
    first = started(layer="shop", layer_share=0.5)
    assert first.layer_slots == [[1000, 6000]]
    services.stop(test=first)
    started(layer="shop", layer_share=0.9)
    route = in_force()
    assert route.test is not None
    assert route.test.shares == ((1000, 10000),)
    other = ABTest(endpoint_id="purchase", number=99, before=0, spec={})
    with pytest.raises(Conflict, match="of its units left"):
        layers.claim(test=other, layer=layers.find(team, "shop"), share=0.1)


def test_what_is_asked_for_wrongly_is_told_all_at_once(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    with pytest.raises(InvalidInput) as refused:
        started(share=1.5, level=0.9, stops=["noon"], at_most=-1.0, margin=-1.0)
    assert {each.pointer for each in refused.value.problems} == {
        "/share",
        "/level",
        "/stops",
        "/at_most",
        "/margin",
    }
    for wrong in ({"metric": "revenue"}, {"metric": "output"}, {"secondary": ["accuracy", "accuracy"]}):
        with pytest.raises(InvalidInput):
            started(**wrong)
    with pytest.raises(InvalidInput):
        started(guardrails=[Guard("latency_p99", -1.0)])
    assert not ABTest.objects.exists()


def test_a_test_that_was_killed_at_its_start_ends_by_itself(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started()
    services.stop(test=test)
    killed = ABTest.objects.create(endpoint_id="purchase", number=2, before=9, spec=test.spec)
    assert analysing.look(test=killed) == "not_started"
    assert killed.ended_at is None
    ABTest.objects.filter(pk=killed.pk).update(created_at=killed.created_at - timedelta(hours=1))
    killed.refresh_from_db()
    assert analysing.look(test=killed) == "not_started"
    assert killed.ended_at == killed.created_at


def test_a_canary_is_tuned_to_what_its_steps_bring(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    canary = started(steps=(0.25, 1.0), each=86_400.0)
    assert canary.spec["information"] == pytest.approx(FEW / 28 * 2 * 0.25)


def test_of_looks_that_ended_well_the_last_one_is_kept(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started()
    for hour in range(3):
        making.ask_due(test.created_at + timedelta(hours=hour + 1))
        Job.objects.filter(kind="abtest").update(status=Job.Status.SUCCEEDED)
    (kept,) = Job.objects.filter(kind="abtest")
    assert kept.arguments == {"test": test.number}
