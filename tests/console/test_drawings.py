"""Charts as files: drawn by a worker once somebody asks, for whom they are, and whatever they hold."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from flyball.console.charts import builds, traffic
from flyball.console.charts.distributions import bars, histogram
from flyball.console.frame import vega
from flyball.console.frame.figures import Figure
from flyball.console.frame.look import for_paper
from flyball.control.accounts.models import Team
from flyball.control.declarations.models import Endpoint
from flyball.control.drawings import selectors, services
from flyball.control.drawings.models import Drawing
from flyball.control.jobs import running
from flyball.control.jobs import services as jobs
from flyball.control.jobs.models import Job
from flyball.control.monitoring import history
from flyball.control.registry.models import Version
from flyball.control.registry.selectors import Trial
from flyball.control.routing.models import Minute
from flyball.domain.records import now
from flyball.stores.database import Database
from flyball.stores.minutes import minute_of
from tests.console.conftest import Browser
from tests.jobs.workers import carried_out, ended, worker

pytestmark = pytest.mark.storage
KEPT = os.environ.get("FLYBALL_TEST_DRAWINGS")
"""A folder in which the drawings are left, to be looked at."""
NOON = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
PAGE = "/endpoints/purchase/versions/1"
SCRIPT = "</text><script>alert(1)</script>"
HOSTILE = {SCRIPT: 5, '"onload="x': 4, "\ud800half": 3, "a\x00b": 3, "&#60;b&#62;": 2, "x" * 10_000: 1, "": 1}


def traffic_of(name: str) -> list[Figure]:
    over = history.span(name)
    starts = [NOON + timedelta(minutes=over.step * place) for place in range(24)]
    steps = [history.Step(each) for each in starts]
    for place, step in enumerate(steps):
        step.answers.update({version: 40 * version + place for version in range(1, 8)})
        step.latencies.update({0.0001: 90, 0.05: 10})
        step.failed, step.refused = place % 3, place % 5
    known = [history.Known(each, 50, 20 + place) for place, each in enumerate(starts)]
    return traffic.figures(over, steps, known, [(NOON + timedelta(hours=6), 7)])


def trials(number: int) -> list[Trial]:
    names = ("boosting", "forest", "linear")
    moments = [NOON + timedelta(seconds=40 * place) for place in range(number)]
    return [
        Trial(names[place % 3], place // 3 + 1, 0, 0.7 + (place * 37 % 100) / 500, each)
        for place, each in enumerate(moments)
    ]


def every() -> Iterator[tuple[str, Figure]]:
    """A chart of each kind, and some that nobody would wish for."""
    yield from ((f"traffic-{each.name}", each) for each in traffic_of("day"))
    folds: dict[str, list[float | None]] = {
        "linear": [0.8, 0.83, None, 0.79],
        "boosting": [0.85, 0.86, 0.84, 0.88],
        SCRIPT: [0.5, 0.6],
    }
    yield "folds", builds.folds("roc_auc", folds)
    yield "search", builds.search("roc_auc", trials(500), are_all=False)
    ages = {"last day": [0.2, 0.5, 0.3], "training": [0.1, 0.6, 0.3]}
    edges = [18, 30, 60, 90]
    yield "age", histogram("age", title="Age", says="", edges=edges, series=ages, unit="years", is_share=True)
    yield "jobs", bars("jobs", title=SCRIPT, says="\ud800", series={"rows": HOSTILE, SCRIPT: {"new": 2}})


@pytest.fixture
def endpoint(version: Version) -> Endpoint:
    return version.endpoint


def traffic_now() -> None:
    Minute.objects.create(
        minute=minute_of(now()), endpoint="purchase", version=1, arm="", name="answers", label="", count=12
    )


def asked(browser: Browser, page: str = PAGE, figure: str = "folds", who: str = "viewer") -> Drawing:
    answer = browser(who).post(page, {"figure": figure})
    assert (answer.status_code, answer["Location"]) == (302, f"{page}#{figure}")
    return Drawing.objects.latest("id")


def address(drawing: Drawing) -> str:
    return f"/endpoints/{drawing.endpoint_id}/drawings/{drawing.digest}.svg"


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in parsed(svg).iter("{http://www.w3.org/2000/svg}text")]


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - made here


@pytest.mark.journey
def test_a_worker_draws_every_kind_of_chart_and_nothing_in_one_is_markup(
    database: Database, endpoint: Endpoint
) -> None:
    wanted = {
        name: services.ask_drawing(
            endpoint=endpoint,
            subject=name,
            document=for_paper(figure.document, figure.title, "purchase, \ud800"),
        )
        for name, figure in every()
    }
    with worker(database):
        done = {name: ended(job) for name, job in wanted.items()}
    for name, job in done.items():
        assert (job.status, job.error) == ("succeeded", ""), name
        svg = selectors.svg("purchase", job.result["drawing"])
        if KEPT:
            Path(KEPT, f"{name}.svg").write_text(svg)
        root = parsed(svg)
        tags = {each.tag.rpartition("}")[2] for each in root.iter()}
        assert tags <= {"svg", "g", "path", "line", "rect", "text", "tspan", "defs", "clipPath"}, name
        names = {name for each in root.iter() for name in each.attrib}
        assert not any(each.startswith("on") or "href" in each or each == "style" for each in names)
        assert not re.search(r"url\((?!#)|--\w", svg.replace(SCRIPT, ""))
        assert len(svg) < 500_000
    drawn = texts(selectors.svg("purchase", done["traffic-answers"].result["drawing"]))
    assert "18:00" in drawn  # of UTC, wherever the server is


@pytest.mark.journey
def test_a_chart_is_drawn_where_somebody_without_scripts_looks(
    database: Database, browser: Browser, version: Version
) -> None:
    page = browser("viewer").get(PAGE).content.decode()
    assert "Draw as SVG" in page
    assert "<noscript><img" not in page
    drawing = asked(browser)
    page = browser("viewer").get(PAGE).content.decode()
    assert f'<a href="/jobs/{drawing.job_id}">Being drawn…</a>' in page
    with worker(database):
        ended(drawing.job)
    page = browser("viewer").get(PAGE).content.decode()
    assert f'<noscript><img class="drawing" src="{address(drawing)}"' in page
    assert "Draw" not in page
    answer = browser("viewer").get(address(drawing))
    assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert "purchase@1" in texts(answer.content.decode())


def test_nobody_fills_the_queue_with_drawings(
    browser: Browser, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST", 2)
    some = {"mark": "bar"}
    under_way = [
        services.ask_drawing(endpoint=version.endpoint, subject=str(number), document=some)
        for number in range(2)
    ]
    answer = browser("viewer").post(PAGE, {"figure": "folds"})
    assert answer.status_code == 409
    assert "2 charts of purchase are being drawn" in answer.content.decode()
    jobs.cancel(job=under_way[0])
    asked(browser)


def test_what_does_not_change_is_asked_for_once(browser: Browser, version: Version) -> None:
    first = asked(browser)
    assert asked(browser, who="owner").job_id == first.job_id
    carried_out(first.job)
    assert asked(browser).job_id == first.job_id
    assert Job.objects.filter(kind="draw").count() == 1


def test_traffic_says_of_when_its_drawing_is_and_has_one_of_each_span(
    browser: Browser, promoted: Version
) -> None:
    traffic_now()
    page = "/endpoints/purchase/traffic?over=week"
    first = asked(browser, page, "answers")
    carried_out(first.job)
    assert "as of" not in browser("viewer").get(page).content.decode()
    Minute.objects.update(count=13)
    text = browser("viewer").get(page).content.decode()
    assert f'as of <time datetime="{first.asked_at:%Y-%m-%dT%H:%M}' in text
    assert "Draw again" in text
    assert address(first) in text
    second = asked(browser, page, "answers")
    assert second.job_id != first.job_id
    assert list(Drawing.objects.values_list("subject", flat=True)) == ["traffic/week/answers"]
    carried_out(second.job)
    assert browser("viewer").get(address(first)).status_code == 404
    assert "Draw again" not in browser("viewer").get(page).content.decode()


def test_a_drawing_that_failed_can_be_asked_for_again(browser: Browser, version: Version) -> None:
    first = asked(browser)
    run = running.claim(first.job_id)
    assert run is not None
    running.fail(run, "There was no memory.", can_pass=False)
    page = browser("viewer").get(PAGE).content.decode()
    assert f'<a href="/jobs/{first.job_id}">Its drawing</a> has failed.' in page
    assert asked(browser).job_id != first.job_id


def test_a_drawing_that_was_cancelled_is_said_to_be(browser: Browser, version: Version) -> None:
    first = asked(browser)
    its = f'<a href="/jobs/{first.job_id}">Its drawing</a>'
    assert running.claim(first.job_id) is not None
    jobs.cancel(job=first.job)
    assert f"{its} is being cancelled." in browser("viewer").get(PAGE).content.decode()
    jobs.cancel(job=asked(browser).job)
    page = browser("viewer").get(PAGE).content.decode()
    assert "Its drawing</a> was cancelled." in page
    assert "Draw again" in page


def test_a_removed_versions_drawings_go_with_it_and_no_others(browser: Browser, version: Version) -> None:
    drawing = asked(browser)
    carried_out(drawing.job)
    Drawing.objects.create(
        endpoint_id="purchase", subject="versions/10/folds", digest="0", svg="<svg/>", job=drawing.job
    )
    assert browser("owner").post(f"{PAGE}/remove").status_code == 302
    assert browser("owner").get(address(drawing)).status_code == 404
    assert list(Drawing.objects.values_list("subject", flat=True)) == ["versions/10/folds"]


def test_a_job_whose_drawing_is_asked_for_anew_keeps_nothing(browser: Browser, version: Version) -> None:
    first = asked(browser)
    jobs.cancel(job=first.job)
    second = asked(browser)
    jobs.retry(job=first.job)
    assert carried_out(first.job).status == "succeeded"
    assert Drawing.objects.get().svg == ""
    assert carried_out(second.job).result["drawing"] == second.digest


def test_a_drawing_is_kept_as_long_as_its_job(browser: Browser, version: Version) -> None:
    drawing = asked(browser)
    carried_out(drawing.job)
    Job.objects.update(finished_at=now() - timedelta(days=10_000))
    assert jobs.prune() == 1
    assert browser("viewer").get(address(drawing)).status_code == 404
    assert "Draw as SVG" in browser("viewer").get(PAGE).content.decode()


def test_another_teams_drawing_does_not_exist(browser: Browser, version: Version) -> None:
    drawing = asked(browser)
    carried_out(drawing.job)
    Endpoint.objects.create(name="theirs", team=_sales(browser), task="classification")
    for path in (address(drawing), address(drawing).replace("purchase", "theirs")):
        assert browser("stranger").get(path).status_code == 404
    assert browser("stranger").post(PAGE, {"figure": "folds"}).status_code == 404


def _sales(browser: Browser) -> Any:
    browser("stranger")
    return Team.objects.get(slug="sales")


@pytest.mark.parametrize("sent", ["", "nothing", "folds\x00", "answers"])
def test_no_other_chart_is_drawn_than_those_of_the_page(
    browser: Browser, version: Version, sent: str
) -> None:
    answer = browser("owner").post(PAGE, {"figure": sent, "spec": "{}"})
    assert answer.status_code == 422
    assert "There is no such chart." in answer.content.decode()
    assert not Drawing.objects.exists()


def test_looking_changes_nothing(browser: Browser, version: Version) -> None:
    for query in ("figure=folds", "drawing=folds", "csv=folds"):
        assert browser("owner").get(f"{PAGE}?{query}").status_code == 200
    assert not Drawing.objects.exists()
    assert not Job.objects.filter(kind="draw").exists()


def test_a_page_with_scripts_is_told_in_place(browser: Browser, version: Version) -> None:
    client: Client = browser("viewer")
    part = client.post(PAGE, {"figure": "folds"}, headers={"HX-Request": "true"}).content.decode()
    assert part.startswith(
        '<div class="files" id="folds-files" hx-get="/endpoints/purchase/versions/1?drawing=folds"'
    )
    carried_out(Drawing.objects.get().job)
    part = client.get(f"{PAGE}?drawing=folds", headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in part
    assert 'download="purchase-versions-1-folds.svg"' in part
    assert 'download="purchase-versions-1-folds.png"' in part
    png = client.get(address(Drawing.objects.get()).replace(".svg", ".png"))
    assert png["Content-Type"] == "image/png"
    assert png.content.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(png.content[16:20], "big") >= 2 * 680


def test_the_numbers_of_a_chart_are_a_file(browser: Browser, promoted: Version) -> None:
    traffic_now()
    answer = browser("viewer").get("/endpoints/purchase/traffic?over=day&csv=answers")
    assert answer["Content-Disposition"] == 'attachment; filename="purchase-traffic-day-answers.csv"'
    lines = answer.content.decode().split("\r\n")
    assert lines[0] == "From,'@1"  # no spreadsheet computes it
    assert lines[-2].endswith("+00:00,12")


def test_without_the_extra_nothing_is_drawn(
    browser: Browser, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, vega.PACKAGE, None)
    page = browser("viewer").get(PAGE).content.decode()
    assert "SVG" not in page
    assert "csv=" not in page
    assert browser("viewer").post(PAGE, {"figure": "folds"}).status_code == 404


def test_times_are_those_of_utc_whatever_the_zone_of_the_project() -> None:
    code = (
        "import django, os, sys, time; django.setup(); os.environ['TZ'] = 'Asia/Tokyo'; time.tzset(); "
        "from flyball.control.drawings import services; sys.stdout.write(services.svg_of(sys.stdin.read()))"
    )
    figure = traffic_of("day")[0]
    ran = subprocess.run(
        [sys.executable, "-c", code],
        input=services.written(for_paper(figure.document, "", "")),
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        check=True,
        text=True,
    )
    hours = [each for each in texts(ran.stdout) if each in {"18:00", "Thu 5", "06:00"}]
    assert hours == ["18:00", "Thu 5", "06:00"]


def test_what_is_drawn_loads_nothing(version: Version) -> None:
    document = {"data": {"url": "http://127.0.0.1:9/x.json"}, "mark": "bar"}
    done = carried_out(services.ask_drawing(endpoint=version.endpoint, subject="x", document=document))
    assert done.status == "failed"
    assert "not allowed" in done.error
