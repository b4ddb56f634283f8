"""A/B tests on the command line: planned, started, looked at, weighed anew and stopped."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flyball.control.abtests import analysing, selectors
from flyball.control.connection import database
from flyball.control.jobs.models import Job
from flyball.control.routing import selectors as routing
from tests.abtests.running.cast import START, chance, happened, predicted, two_versions
from tests.cli.conftest import Typed

pytestmark = pytest.mark.storage
MINUTE = timedelta(minutes=1)
START_TEST = ("abtest", "start", "purchase", "--challenger", "2", "--share", "20%", "--metric", "outcome")


@pytest.fixture
def two(tmp_path: Path, typed: Typed) -> Typed:
    """``purchase`` with its champion and version 2."""
    two_versions(tmp_path)
    return typed


@pytest.fixture
def started(two: Typed) -> Typed:
    """The same, with a test of version 2 on a fifth of the units."""
    two(*START_TEST)
    return two


def shares() -> dict[str, float]:
    """Who has which part of the units now."""
    route = routing.route("purchase")
    assert route is not None
    return {str(arm.version): arm.weight for arm in route.answering}


def test_a_test_starts_and_says_who_has_what_and_what_it_can_find(two: Typed) -> None:
    said = two(*START_TEST).stdout
    assert "A/B test 1 of purchase has started (route revision 2): champion 80 %, 2 20 %." in said
    assert "No units have come lately." in said
    assert shares() == {"1": 0.8, "2": 0.2}


def test_every_option_of_a_start_is_kept(two: Typed) -> None:
    document = two.json(
        *START_TEST,
        *("--better", "lower", "--secondary", "accuracy", "--guardrail", "latency_p99:0.01"),
        *("--margin", "0.05", "--effect", "0.1", "--level", "5%", "--at-least", "2d", "--at-most", "28d"),
        *("--within", "30d", "--stop", "winner", "--stop", "no_difference", "--action", "promote"),
    )
    metrics = {each["name"]: each for each in document["metrics"]}
    assert (metrics["outcome"]["better"], metrics["outcome"]["margin"]) == ("lower", 0.05)
    assert metrics["outcome"]["within"] == 30 * 86_400
    assert (metrics["accuracy"]["role"], metrics["latency_p99"]["role"]) == ("secondary", "guardrail")
    assert metrics["latency_p99"]["margin"] == 0.01
    assert (document["level"], document["stops"]) == (0.05, ["winner", "no_difference"])
    assert (document["at_least"], document["at_most"]) == (2 * 86_400, 28 * 86_400)
    assert (document["action"], document["expectation"]["effect"]) == ("promote", 0.1)


def test_a_plan_starts_nothing(two: Typed) -> None:
    planned = two.json("abtest", "plan", "purchase", "--challenger", "2")
    assert (planned["metric"], planned["units_a_day"], planned["units"]) == ("roc_auc", 0, None)
    assert two.json("abtest", "list", "purchase") == []
    assert shares() == {"1": 1.0}


def test_a_canary_begins_with_its_first_step(two: Typed) -> None:
    document = two.json("abtest", "ramp", "purchase", "--version", "2", "--steps", "5%, 50%,100%")
    assert (document["kind"], shares()) == ("canary", {"1": 0.95, "2": 0.05})
    assert [each["name"] for each in document["metrics"]][1:] == ["latency_p99", "errors"]
    assert "the next step" in two("abtest", "status", "purchase").stdout


def test_a_bandit_begins_evenly(two: Typed) -> None:
    document = two.json("abtest", "bandit", "purchase", "--challenger", "2", "--every", "6h", "--floor", "5%")
    assert (document["kind"], shares()) == ("bandit", {"1": 0.5, "2": 0.5})
    assert "every 6 hours" in document["next"]


def test_a_threshold_of_its_own_needs_an_endpoint_that_decides(two: Typed) -> None:
    said = two("abtest", "start", "purchase", "--challenger", "1@0.7", exits=1).stderr
    assert "/challengers: The endpoint decides nothing." in said


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--challenger", "newest"), ("/challengers: A challenger is a version, 7",)),
        ((), ("/challengers: A test has 1 to 8 challengers.",)),
        (("--challenger", "2", "--challenger", "2"), ("/challengers: Two of them are the same.",)),
        (("--challenger", "2", "--share", "much"), ("/share: A share is written as 20% or 0.2.",)),
        (("--challenger", "2", "--share", "120%"), ("/share: Challengers have from",)),
        (("--challenger", "2", "--level", "50%", "--at-least", "soon"), ("/level: ", "/at_least: A time is")),
        (
            ("--challenger", "2", "--margin", "-1", "--effect", "x"),
            ("/margin: It is above 0", "/effect: A number"),
        ),
        (("--challenger", "2", "--one-sided"), ("/margin: Say how much makes a difference",)),
        (("--challenger", "2", "--stop", "never"), ("/stops: never: a test stops on winner",)),
        (("--challenger", "2", "--action", "cheer"), ("/action: It is promote or tell.",)),
        (("--challenger", "2", "--better", "up"), ("/better: It is higher or lower.",)),
        (("--challenger", "2", "--at-most", "1d"), ("/at_most: The test would end before",)),
        (
            ("--challenger", "2", "--metric", "joy"),
            ("/metric: The endpoint has no such metric. There are",),
        ),
        (("--challenger", "2", "--unit", "shoe"), ("/unit: A unit is a column",)),
        (("--challenger", "2", "--guardrail", "latency_p99:much"), ("/guardrails: A guardrail is a metric",)),
        (("--challenger", "9"), ("purchase has no version 9",)),
        (("--challenger", "2", "--layer", "checkout"), ("flyball abtest layer checkout",)),
    ],
)
def test_what_cannot_be_started_is_refused_with_every_reason(
    two: Typed, words: tuple[str, ...], named: tuple[str, ...]
) -> None:
    said = two("abtest", "start", "purchase", *words, exits=1).stderr
    assert [each for each in named if each not in said] == []
    assert shares() == {"1": 1.0}
    assert two.json("abtest", "list", "purchase") == []


def test_the_champion_is_no_challenger_and_one_test_runs_at_a_time(two: Typed) -> None:
    assert "is the champion" in two("abtest", "start", "purchase", "--challenger", "1", exits=5).stderr
    two(*START_TEST)
    assert "runs already: flyball abtest stop purchase" in two(*START_TEST, exits=5).stderr


def test_a_start_is_refused_where_the_route_is_another_one_than_seen(two: Typed) -> None:
    assert "not 7" in two(*START_TEST, "--expected", "7", exits=5).stderr


def test_a_running_test_is_shown_with_its_arms_metrics_and_verdict(started: Typed) -> None:
    units = [f"person {number}" for number in range(800)]
    happened(predicted(database(), units, START, MINUTE), chance({1: 0.2, 2: 0.2}), MINUTE)
    analysing.look(test=selectors.newest("purchase"), moment=START + timedelta(days=20))
    said = started("abtest", "status", "purchase").stdout
    assert "A/B test 1 of purchase runs since" in said
    for word in ("champion", "80 %", "20 %", "outcome", "primary", "undecided", "No winner is named before"):
        assert word in said
    document = started.json("abtest", "status", "purchase", "--test", "1")
    assert document["exposed"] == 800
    assert "A/B test 1. The test is undecided" in started("status").stdout
    assert started.json("status")["endpoints"][0]["test"]["state"] == "undecided"


def test_tests_are_listed_newest_first(started: Typed) -> None:
    started("abtest", "stop", "purchase")
    started(*START_TEST)
    listed = started.json("abtest", "list", "purchase")
    assert [(each["number"], each["state"], each["challengers"]) for each in listed] == [
        (2, "running", ["2"]),
        (1, "ended", ["2"]),
    ]
    assert "running" in started("abtest", "list", "purchase").stdout


def test_arms_get_other_shares_and_the_champion_the_rest(started: Typed) -> None:
    said = started("abtest", "weights", "purchase", "2=30%", "champion=70%").stdout
    assert "champion 70 %, 2 30 %" in said
    assert shares() == {"1": 0.7, "2": 0.3}


@pytest.mark.parametrize(
    ("words", "exits", "named"),
    [
        (("2=0%",), 1, "One challenger at least has a share."),
        (("2=100%",), 1, "/shares: Challengers have"),
        (("3=10%",), 1, "There are: champion, 2."),
        (("2=half",), 1, "/shares: A share is written as"),
        (("2=30%", "champion=30%"), 1, "The champion has what the others leave: 70.00% here."),
        (("2",), 2, "such as 8=30%"),
        (("2=10%", "2=20%"), 2, "named twice"),
        (("2=10%", "--expected", "9"), 5, "not 9"),
    ],
)
def test_shares_that_do_not_fit_are_refused(
    started: Typed, words: tuple[str, ...], exits: int, named: str
) -> None:
    assert named in started("abtest", "weights", "purchase", *words, exits=exits).stderr
    assert shares() == {"1": 0.8, "2": 0.2}


def test_a_test_is_stopped_with_its_reason(started: Typed) -> None:
    said = started("abtest", "stop", "purchase", "--reason", "the sale is over").stdout
    assert "has ended (route revision 3)" in said
    assert routing.revision("purchase", 3).reason == "A/B test 1 is stopped: the sale is over"
    for words in (("stop", "purchase"), ("weights", "purchase", "2=10%")):
        assert "No A/B test of purchase runs." in started("abtest", *words, exits=1).stderr


def test_a_recount_is_a_job(started: Typed) -> None:
    job = started.json("abtest", "recount", "purchase")
    assert (job["kind"], job["arguments"]) == ("abtest", {"test": 1, "again": True})
    assert started.json("abtest", "recount", "purchase", "--test", "1")["id"] == job["id"]
    assert Job.objects.count() == 1
    assert "no A/B test 7" in started("abtest", "recount", "purchase", "--test", "7", exits=1).stderr


def test_without_a_test_that_is_said(two: Typed) -> None:
    assert "No test yet." in two("abtest", "list", "purchase").stdout
    assert "has had no A/B test" in two("abtest", "status", "purchase", exits=1).stderr
    assert "There is no endpoint nothing" in two("abtest", "status", "nothing", exits=1).stderr


def test_a_layer_is_made_once_and_says_what_is_left(two: Typed) -> None:
    said = two("abtest", "layer", "checkout", "--held-out", "5%").stdout
    assert "holds out 5 %; 95 % is left." in said
    two(*START_TEST, "--layer", "checkout", "--layer-share", "50%")
    assert two.json("abtest", "layer", "checkout")["left"] == 0.45
    assert "already" in two("abtest", "layer", "checkout", "--held-out", "6%", exits=5).stderr
    assert "/held_out" in two("abtest", "layer", "other", "--held-out", "100%", exits=1).stderr
    assert "/name" in two("abtest", "layer", "Check out", exits=1).stderr


def test_a_promotion_waits_for_the_end_of_the_test(started: Typed) -> None:
    assert "A/B test 1 runs on this endpoint" in started("promote", "purchase@2", "--yes", exits=5).stderr
    started("abtest", "stop", "purchase")
    started("promote", "purchase@2", "--yes")
    assert shares() == {"2": 1.0}
