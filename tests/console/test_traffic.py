"""What an endpoint answered over a day, a week and a month: counted right, told in charts and tables."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flyball.console.charts.traffic import figures
from flyball.console.frame.timeline import colour
from flyball.control.monitoring import history, traffic
from flyball.control.registry.models import Version
from flyball.control.routing.models import Minute, Outcome
from flyball.domain.records import now
from flyball.stores.minutes import minute_of
from tests.console import grammar
from tests.console.conftest import Browser
from tests.ids import uuid7

pytestmark = [pytest.mark.storage, pytest.mark.django_db]
NOON = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


def count(moment: datetime, name: str, number: int, label: str = "", version: int = 1) -> None:
    Minute.objects.create(
        minute=minute_of(moment),
        endpoint="purchase",
        version=version,
        arm="",
        name=name,
        label=label,
        count=number,
    )


def outcome(moment: datetime, identity: UUID | None = None, endpoint: str = "purchase") -> UUID:
    identity = identity or uuid7(int(moment.timestamp() * 1000))
    Outcome.objects.create(
        endpoint=endpoint, state="bound", prediction=identity, value="yes", source="api", received_at=now()
    )
    return identity


def told(name: str, moment: datetime = NOON) -> tuple[list[history.Step], list[history.Known]]:
    over = history.span(name)
    steps = history.steps("purchase", over, moment)
    return steps, history.coverage("purchase", over, steps, moment)


@pytest.mark.parametrize(("name", "many", "units"), [("day", 24, 24), ("week", 53, 7), ("month", 30, 30)])
def test_a_span_ends_with_the_step_that_is_under_way(name: str, many: int, units: int) -> None:
    steps, known = told(name)
    assert (len(steps), len(known)) == (many, units)
    assert steps[0].start == known[0].start
    assert steps[-1].start <= NOON < steps[-1].start + timedelta(minutes=history.SPANS[name].step)


def test_everything_is_counted_in_its_step(browser: Browser) -> None:
    count(NOON, "answers", 7)
    count(NOON - timedelta(minutes=30), "answers", 2, version=2)
    count(NOON - timedelta(minutes=31), "answers", 5)
    count(NOON, "refused", 3, "invalid_input", version=0)
    count(NOON, "failed", 1, "internal", version=0)
    count(NOON, "latency", 6, "1000")
    count(NOON, "latency", 1, "inf")
    count(NOON - timedelta(days=2), "answers", 1000)
    steps, _ = told("day")
    assert [dict(step.answers) for step in steps[-2:]] == [{1: 5}, {1: 7, 2: 2}]
    assert sum(step.answers.total() for step in steps) == 14
    assert (steps[-1].refused, steps[-1].failed) == (3, 1)
    assert (steps[-1].within(0.5), steps[-1].within(0.95)) == (0.001, math.inf)
    assert steps[0].within(0.5) is None


def test_the_mean_latency_of_an_hour_is_that_of_all_its_answers(browser: Browser) -> None:
    count(NOON, "answers", 3)
    count(NOON, "latency_sum", 6000)
    count(NOON - timedelta(minutes=59), "answers", 1, version=2)
    count(NOON - timedelta(minutes=59), "latency_sum", 2000, version=2)
    count(NOON - timedelta(minutes=60), "answers", 2)
    count(NOON - timedelta(minutes=60), "latency_sum", 1_000_000)
    hours = traffic.paces(["purchase", "other"], 3, NOON)
    assert (hours["purchase"].answers, hours["purchase"].means) == ([0, 2, 4], [0, 0.5, 0.002])
    assert hours["other"].means == [0, 0, 0]


def test_the_first_page_draws_answers_and_mean_latencies_and_says_them(
    browser: Browser, promoted: Version
) -> None:
    for hours, answers, latency in ((2, 4, 12_000), (5, 2, 1000)):
        count(now() - timedelta(hours=hours), "answers", answers)
        count(now() - timedelta(hours=hours), "latency_sum", latency)
    page = browser("viewer").get("/").content.decode()
    assert 'Mean latency<span class="unseen">, last day</span></th>' in page
    assert 'aria-label="6 answers in 24 hours, at most 4 in one"' in page
    assert 'aria-label="Mean latency of each of 24 hours, at most 3 ms"' in page


def test_a_prediction_with_two_outcomes_counts_once() -> None:
    count(NOON, "answers", 4)
    outcome(NOON - timedelta(hours=12, minutes=31))
    outcome(NOON)
    outcome(NOON, outcome(NOON))  # a correction
    outcome(NOON, endpoint="another")
    _, known = told("week")
    assert [(each.predictions, each.with_outcome) for each in known[-2:]] == [(0, 1), (4, 2)]


def test_no_more_outcomes_are_counted_than_an_index_gives_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    for days in range(6):
        outcome(NOON - timedelta(days=days))
    monkeypatch.setattr(history, "MOST", 3)
    _, known = told("week")
    assert [each.with_outcome for each in known] == [None, None, None, None, 1, 1, 1]
    count(NOON, "answers", 1)
    steps, known = told("week")
    says = figures(history.span("week"), steps, known, [])[3].says
    assert "what lies before is not told" in says


@pytest.mark.parametrize("name", history.SPANS)
def test_the_charts_fit_the_grammar(name: str) -> None:
    for version in range(1, 9):  # more than there are colours
        count(NOON - timedelta(hours=version), "answers", version, version=version)
    count(NOON, "latency", 1, "inf")
    count(NOON, "failed", 1, "internal")
    outcome(NOON)
    steps, known = told(name)
    for figure in figures(history.span(name), steps, known, [(NOON, 8), (NOON - timedelta(hours=1), 7)]):
        assert figure.rows
        grammar.check(figure)


def test_a_version_has_one_colour_in_the_chart_and_in_the_band() -> None:
    for version in (1, 2, 6, 7, 8):  # 7 has that of 2
        count(NOON, "answers", 1, version=version)
    steps, known = told("day")
    answers = figures(history.span("day"), steps, known, [])[0]
    colours = answers.spec["layer"][0]["encoding"]["color"]["scale"]
    chosen = dict(zip(colours["domain"], colours["range"], strict=False))
    assert [chosen[f"@{each}"] for each in (8, 7, 6)] == [
        f"--series-{colour(each) + 1}" for each in (8, 7, 6)
    ]
    assert len(set(chosen.values())) == len(chosen)


def test_the_page_has_the_numbers_as_tables_and_the_part_alone(browser: Browser, promoted: Version) -> None:
    count(now(), "answers", 12_345)
    count(now(), "latency", 12_345, "2500")
    client = browser("viewer")
    page = client.get("/endpoints/purchase").content.decode()
    (address,) = re.findall(r'hx-get="([^"]+)"', page)
    assert address == "/endpoints/purchase/traffic?over=week"
    text = client.get("/endpoints/purchase/traffic?over=day").content.decode()
    assert '<td class="n">12,345</td>' in text
    assert "<td>2.5 ms</td>" in text
    assert "a version became champion: @1." in text
    assert "0 of 12,345 predictions have an outcome by now." in text
    assert "No call failed, and none was refused." in text
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert part.startswith('<div id="traffic"')


def test_an_endpoint_that_has_answered_nothing_says_so(browser: Browser, version: Version) -> None:
    text = browser("viewer").get("/endpoints/purchase/traffic").content.decode()
    assert "Nothing was answered." in text
    assert "<table" not in text


@pytest.mark.parametrize("over", ["year", "", "%00", "%ED%A0%80", "week" * 1000])
@pytest.mark.parametrize("path", ["/endpoints/purchase", "/endpoints/purchase/traffic"])
def test_another_span_is_refused_in_a_sentence(
    browser: Browser, version: Version, path: str, over: str
) -> None:
    answer = browser("viewer").get(f"{path}?over={over}")
    assert answer.status_code == 422
    assert "day, week, month" in answer.content.decode()


def test_many_counts_take_no_more_queries(browser: Browser, promoted: Version) -> None:
    client: Any = browser("viewer")
    client.get("/endpoints/purchase/traffic")
    with CaptureQueriesContext(connection) as few:
        client.get("/endpoints/purchase/traffic")
    for hours in range(100):
        count(now() - timedelta(hours=hours), "answers", 1, version=hours)
        outcome(now() - timedelta(hours=hours))
    with CaptureQueriesContext(connection) as many:
        client.get("/endpoints/purchase/traffic")
    assert len(many) == len(few)
