"""The page with a version's diagnostics: asked for, shown in parts, and with other versions over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import vl_convert
from axe_playwright_python.sync_playwright import Axe

from flyball.console.charts.diagnostics.laid import Laid
from flyball.console.charts.diagnostics.page import PARTS, figures
from flyball.console.frame.look import for_paper
from flyball.control.diagnostics.jobs import diagnose_here
from flyball.control.diagnostics.models import Diagnosis
from flyball.control.jobs.models import Job
from flyball.control.registry import services as registry
from flyball.control.registry.models import Version
from flyball.domain.finishing.finish import Finish
from flyball.domain.finishing.intervals import Interval
from tests.console import grammar
from tests.console.conftest import Browser, Open
from tests.learning.diagnostics.diagnosed import diagnosed

PAGE = "/endpoints/purchase/versions/1/diagnostics"


@pytest.fixture
def other(version: Version) -> Version:
    """Another version of the same build."""
    assert version.candidate is not None
    return registry.register(build=version.candidate.build, candidate="baseline")


def found(task: str, name: str, outcomes: Any = ()) -> dict[str, Any]:
    """What is kept of a version of that family."""
    return {**diagnosed(task, name, outcomes).found.document, "metric": "score", "threshold": 0.3}


CASES = {
    "two labels": {"@2": ("classification", "linear"), "@1": ("classification", "boosting")},
    "three labels": {"@1": ("classification", "linear", ("a", "b", "c"))},
    "three labels over each other": {
        "@1": ("classification", "linear", ("a", "b", "c")),
        "@2": ("classification", "naive_bayes", ("a", "b", "c")),
    },
    "values": {"@1": ("regression", "linear"), "@2": ("regression", "boosting")},
    "anomalies": {"@1": ("anomaly_detection", "isolation_forest")},
    "anomalies over each other": {
        "@1": ("anomaly_detection", "isolation_forest"),
        "@2": ("anomaly_detection", "isolation_forest"),
    },
    "clusters": {"@1": ("clustering", "kmeans"), "@2": ("clustering", "gaussian_mixture")},
}
FEWEST = {"clustering": 4, "anomaly_detection": 2}
"""Tasks without outcomes have fewer charts."""


@pytest.mark.parametrize("of", CASES.values(), ids=CASES)
def test_every_chart_fits_the_grammar_and_has_a_table_of_its_rows(of: dict[str, Any]) -> None:
    task = next(iter(of.values()))[0]
    laid = Laid({name: found(*each) for name, each in of.items()})
    every = [figure for part in PARTS for figure in figures(laid, task, part)]
    assert len({figure.name for figure in every}) == len(every) > FEWEST.get(task, 8)
    for figure in every:
        if figure.spec:
            grammar.check(figure)
        assert all(column.key in figure.rows[0] for column in figure.columns)
        assert figure.says


def test_the_coverage_of_intervals_is_drawn_with_what_is_meant_and_has_a_table() -> None:
    interval = Interval(level=0.9, edges=(), below=(-1.0,), above=(1.0,))
    bounded = diagnosed("regression", "linear", finish=Finish(rows=320, interval=interval))
    kept = {**bounded.found.document, "metric": "r2", "threshold": None}
    laid = Laid({"@1": kept, "@2": found("regression", "boosting")})  # the other one has no intervals
    (drawn,) = [each for each in figures(laid, "regression", "answers") if each.name == "coverage"]
    drawing = vl_convert.vegalite_to_svg(for_paper(drawn.document, drawn.title, ""))
    assert drawing.count('aria-roledescription="point"') == 10
    assert drawing.count('stroke-dasharray="3,3"') == 1  # what is meant
    assert "0.9 is meant (dashed)" in drawn.says
    told = [column.title for column in drawn.columns]
    assert told == ["Version", "Answered", "Inside", "From", "To", "Mean width", "Rows"]
    assert [row["inside"] for row in drawn.rows] == bounded.columns("coverage")["inside"]


def test_a_version_that_nobody_has_diagnosed_can_be(browser: Browser, version: Version) -> None:
    assert "It has not been diagnosed yet." in browser("viewer").get(PAGE).content.decode()
    assert "<button>Compute</button>" not in browser("viewer").get(PAGE).content.decode()
    assert browser("owner").post(PAGE.replace("diagnostics", "diagnose")).status_code == 302
    assert Diagnosis.objects.get().job == Job.objects.get(kind="diagnose")
    text = browser("owner").get(PAGE).content.decode()
    assert 'hx-trigger="every 2s"' in text
    assert "waits for a worker" in text


def test_each_part_has_its_charts_and_their_numbers(browser: Browser, version: Version) -> None:
    diagnose_here(version=version)
    viewer = browser("viewer")
    text = viewer.get(PAGE).content.decode()
    assert f"{version.facts['held_out_score']:.4f}" in text
    for name in ("threshold", "roc", "calibration", "gain", "confusion", "report", "balance"):
        assert f'id="{name}"' in text
    text = viewer.get(f"{PAGE}?of=inputs").content.decode()
    assert 'id="importance"' in text
    assert "Along age" in text
    assert "The rows have no time." in text
    assert 'id="learning"' in viewer.get(f"{PAGE}?of=learning").content.decode()
    numbers = viewer.get(f"{PAGE}?of=inputs&csv=importance").content.decode()
    assert numbers.startswith("Field,Loss of roc_auc,From,To,Rows asked\r\nage,")
    assert viewer.get(f"{PAGE}?of=nothing").status_code == 404
    assert (
        'href="/endpoints/purchase/versions/1/diagnostics"'
        in viewer.get("/endpoints/purchase/versions/1").content.decode()
    )


def test_other_versions_are_laid_over_it_on_the_same_rows(
    browser: Browser, version: Version, other: Version
) -> None:
    diagnose_here(version=version)
    owner = browser("owner")
    text = owner.get(f"{PAGE}?with=2").content.decode()
    assert "@2 has not been asked about these rows." in text
    sent = {"version": "2", "with": "2"}
    answer = owner.post(PAGE.replace("diagnostics", "diagnose"), sent)
    assert answer["Location"] == f"{PAGE}?with=2"
    assert "@2 is being asked about these rows." in owner.get(f"{PAGE}?with=2").content.decode()
    diagnose_here(version=other, on=version)
    text = owner.get(f"{PAGE}?with=2").content.decode()
    assert '<th scope="row">@2</th>' in text
    assert "of=inputs&amp;with=2" in text
    assert "<dt>@2 on these rows</dt><dd>0.5000</dd>" in text
    lines = owner.get(f"{PAGE}?with=2&csv=roc").content.decode().splitlines()
    assert {line.split(",")[0] for line in lines} == {"Version", "'@1", "'@2"}


def test_a_version_that_was_fitted_elsewhere_says_why_there_is_nothing(
    browser: Browser, version: Version, tmp_path: Path
) -> None:
    folder = registry.export_version(version=version, folder=tmp_path / "folder")
    registry.import_version(folder=folder)
    place = PAGE.replace("1", "2")
    assert "nobody here knows which rows" in browser("owner").get(place).content.decode()
    assert browser("owner").post(place.replace("diagnostics", "diagnose")).status_code == 409


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("with=x", 404),
        ("with=99", 404),
        ("with=2&with=3&with=4&with=5&with=6&with=7", 422),
        ("csv=nothing", 422),
    ],
)
def test_what_does_not_fit_is_refused(browser: Browser, version: Version, query: str, status: int) -> None:
    diagnose_here(version=version)
    assert browser("viewer").get(f"{PAGE}?{query}").status_code == status


@pytest.mark.django_db(transaction=True)
def test_in_a_browser_costs_follow_what_is_put_in(
    opened: Open, version: Version, other: Version, said: list[str]
) -> None:
    diagnose_here(version=version)
    diagnose_here(version=other, on=version)
    page = opened(f"{PAGE}?with=2")
    page.wait_for_selector("#threshold[data-drawn]")

    def costs() -> list[str]:
        page.wait_for_timeout(200)
        texts = page.eval_on_selector_all("#threshold svg text", "all => all.map(each => each.textContent)")
        return [text.rpartition("costs ")[2] for text in texts if "found" in text]

    before = costs()
    assert len(before) == 2
    page.fill("#threshold input[name=each_miss]", "100")
    dear = costs()
    assert dear != before
    page.eval_on_selector(
        "#threshold input[type=range]", "one => { one.value = 0; one.dispatchEvent(new Event('input')) }"
    )
    assert costs() != dear
    for part in PARTS:
        page = opened(f"{PAGE}?of={part}&with=2")
        page.wait_for_selector("figure[data-chart]:not([data-drawn])", state="detached")
        assert Axe().run(page).response["violations"] == []
    assert said == []
