"""The page of one test: its verdict first, then all that it rests on; and the same as files."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flyball.console.charts.abtests import band
from flyball.control.abtests import services
from flyball.control.abtests.judging import standing
from flyball.control.abtests.models import ABTest, Look, Sums
from flyball.control.routing.models import RouteRevision
from tests.console import grammar
from tests.console.abtests.conftest import OWN, Looked
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
METRIC = {"name": "outcome", "margin": 0.05}
UNBOUNDED = {"estimate": 0.1, "lower": None, "upper": None, "ahead": 0}
POINT = {"at": "2030-01-01T00:00:00+00:00", "units": 100, **UNBOUNDED}
WIDE = {"at": "2030-01-02T00:00:00+00:00", "units": 200, **UNBOUNDED, "lower": -5.0, "upper": 5.0}
NEAR = {"at": "2030-01-03T00:00:00+00:00", "units": 900, **UNBOUNDED, "lower": 0.05, "upper": 0.15}


def test_the_verdict_stands_on_top_with_its_error_rate(browser: Browser, looked: Looked) -> None:
    looked(0.5)
    page = browser("viewer").get(f"{OWN}/1").content.decode()
    assert "Winner" in page
    assert "Version 2 is better than the champion in outcome. In at most 1 % of tests" in page
    assert page.index("Version 2 is better") < page.index("What happens next:") < page.index("<h2>Arms</h2>")


def test_an_undecided_test_says_its_error_rate_too(browser: Browser, looked: Looked) -> None:
    looked()
    page = browser("viewer").get(f"{OWN}/1").content.decode()
    assert "The test is undecided" in page
    assert "In at most 1 % of tests is a claim wrong, however often one looks." in page


def test_each_metric_has_its_interval_about_zero(browser: Browser, looked: Looked) -> None:
    looked(0.5)
    page = browser("viewer").get(f"{OWN}/1").content.decode()
    drawn = re.findall(r'class="interval (\w+)" .*?aria-label="(\w+) of 2: ([^"]+)"', page)
    assert [name for _, name, _ in drawn] == ["outcome", "accuracy"]
    assert "too few events" in page  # all answers were as quick as each other
    assert drawn[0][0] == "better"
    assert re.fullmatch(r"\+0\.\d+ to \+0\.\d+", drawn[0][2])


def test_before_the_first_look_nothing_is_claimed(browser: Browser, running: ABTest) -> None:
    page = browser("viewer").get(f"{OWN}/1").content.decode()
    assert "No verdict: No unit has come yet." in page
    assert "Nobody has looked at the test yet" in page  # the chart
    assert "No unit yet" in page


def test_the_sample_ratio_says_what_was_expected_and_seen(browser: Browser, looked: Looked) -> None:
    looked()
    page = browser("viewer").get(f"{OWN}/1").content.decode()
    assert "Sound." in page
    assert '<td class="n">50.00 %</td>' in page
    Sums.objects.filter(metric="", arm="2").update(document={"units": 300, "predictions": 300})
    page = browser("viewer").get(f"{OWN}/1").content.decode()
    assert "Broken." in page
    assert "A challenger lacks units" in page


def test_another_band_is_chosen_by_links(browser: Browser, looked: Looked) -> None:
    looked()
    client = browser("viewer")
    page = client.get(f"{OWN}/1").content.decode()
    (link,) = re.findall(r'href="(\?[^"]*metric=accuracy[^"]*)#', page)
    assert "accuracy of 2 beside the champion" in client.get(f"{OWN}/1{link}").content.decode()
    assert client.get(f"{OWN}/1?metric=nothing").status_code == 404
    assert client.get(f"{OWN}/1?arm=9").status_code == 404


def test_the_band_is_had_as_csv_and_as_a_drawing(browser: Browser, looked: Looked) -> None:
    looked()
    client = browser("viewer")
    lines = client.get(f"{OWN}/1?csv=band").content.decode().splitlines()
    assert lines[0] == "Looked at,Units,Estimate,Lower bound,Upper bound"
    assert len(lines) == 2
    answer = client.post(f"{OWN}/1?metric=accuracy&arm=2", {"figure": "band"})
    assert answer["Location"] == f"{OWN}/1?metric=accuracy&arm=2#band"


def test_it_is_exported_whole_and_as_a_table(browser: Browser, looked: Looked) -> None:
    test = looked(0.5)
    client = browser("viewer")
    answer = client.get(f"{OWN}/1.json")
    assert answer["Content-Type"] == "application/json"
    kept = json.loads(answer.content)
    now = json.loads(json.dumps(standing.standing(test)))
    assert kept == now
    rows = list(csv.DictReader(io.StringIO(client.get(f"{OWN}/1.csv").content.decode())))
    assert [(row["metric"], row["arm"]) for row in rows[:2]] == [("outcome", "champion"), ("outcome", "2")]
    assert len(rows) == 6
    assert rows[0]["estimate"] == ""
    assert float(rows[1]["lower"]) > 0


def test_an_ended_test_is_kept_and_changed_no_more(browser: Browser, looked: Looked) -> None:
    test = looked()
    services.stop(test=test)
    page = browser("owner").get(f"{OWN}/1").content.decode()
    assert "It ended with route revision 3." in page
    assert "/stop" not in page
    assert "/weights" not in page


def test_a_viewer_sees_no_buttons(browser: Browser, running: ABTest) -> None:
    assert f"{OWN}/1/stop" in browser("owner").get(f"{OWN}/1").content.decode()
    assert f"{OWN}/1/stop" not in browser("viewer").get(f"{OWN}/1").content.decode()


def test_trouble_is_told_first(browser: Browser, running: ABTest) -> None:
    ABTest.objects.update(trouble="<b>The metric is gone.")
    page = browser("viewer").get(f"{OWN}/1").content.decode()
    assert "&lt;b&gt;The metric is gone." in page


def test_a_test_that_never_began_says_so(browser: Browser, purchase: None) -> None:
    ABTest.objects.create(endpoint_id="purchase", number=1, before=1, spec=_spec())
    assert "No route ever had this test" in browser("viewer").get(f"{OWN}/1").content.decode()
    assert browser("viewer").get(f"{OWN}/1.csv").status_code == 200


def test_more_strata_and_looks_take_no_more_queries(browser: Browser, looked: Looked) -> None:
    test, client = looked(), browser("owner")
    client.get(f"{OWN}/1")
    with CaptureQueriesContext(connection) as few:
        client.get(f"{OWN}/1")
    for share in (0.3, 0.2, 0.4):
        kind = RouteRevision.Kind.TEST
        services.reweigh(test=test, shares={"2": share}, reason="changes", kind=kind)
    look = Look.objects.get()
    Look.objects.bulk_create(Look(test=test, at=look.at, document=look.document) for _ in range(100))
    with CaptureQueriesContext(connection) as many:
        client.get(f"{OWN}/1")
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([], "Nobody has looked"),
        ([POINT], "1 looks. outcome: too few events to say."),
        ([POINT, {**POINT, "ahead": 1}], "above 0, too few events to say how far"),
        ([POINT, NEAR], "between +0.05 and +0.15"),
        ([NEAR], "Dashed: the margin of 0.05"),
        ([WIDE, NEAR], "beyond the edges"),
        ([{**NEAR, "upper": None}], "at least +0.05"),
    ],
)
def test_a_band_fits_the_grammar_and_says_what_it_shows(points: list[dict[str, object]], says: str) -> None:
    figure = band(METRIC, "2", points, [])
    assert says in figure.says
    grammar.check(figure)


def _spec() -> dict[str, object]:
    metric = {"name": "outcome", "role": "primary", "better": "higher", "shape": "ratio"}
    return {
        "unit": "",
        "metrics": [{**metric, "within": 0.0, "outcomes": True}],
        "maturity": 0.0,
        "information": 1.0,
    }
