"""Charts as the pages have them: a sentence, what draws them, and the same numbers as a table."""

from __future__ import annotations

import gzip
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from django.http import HttpRequest

from flyball.console.charts import builds
from flyball.console.charts.distributions import bars, histogram
from flyball.console.frame import assets, vega
from flyball.console.frame.figures import Column, Figure
from flyball.console.frame.page import render
from flyball.control.registry import selectors
from flyball.control.registry.models import Version
from tests.console import grammar
from tests.console.conftest import Browser

SHARES = {"last day": {"cook": 0.25, "[x].y": 0.75}, "training": {"cook": 0.5, "pilot": 0.5}}
DISTRIBUTIONS = [
    histogram("age", title="Age", says="60.", edges=[18, 30, 90], series={"rows": [1200, 3]}, unit="years"),
    histogram(
        "ages",
        title="Age",
        says="It has moved.",
        edges=[0, 1, 2],
        series={"last day": [0.5, 0.5], "training": [0.1, 0.9]},
        is_share=True,
    ),
    bars("job", title="Jobs", says="Most cook.", series={"rows": {"cook": 1200, "pilot": 1}}),
    bars("jobs", title="Jobs", says="They cook less.", series=SHARES, is_share=True, of="Job"),
]


def shown(figure: Figure) -> str:
    return render(HttpRequest(), "parts/figure.html", {"figure": figure}).content.decode()


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without the extra."""
    monkeypatch.setitem(sys.modules, vega.PACKAGE, None)


@pytest.fixture
def fresh(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A home in which the bundle has not been made, and a process that has not read it."""
    own = tmp_path / "home"
    settings.FLYBALL = type(settings.FLYBALL)(home=own, database_url=settings.FLYBALL.database_url)
    vega._bundle.cache_clear()
    assets.asset.cache_clear()
    yield own
    vega._bundle.cache_clear()
    assets.asset.cache_clear()


@pytest.mark.parametrize("figure", DISTRIBUTIONS, ids=lambda figure: figure.name)
def test_a_distribution_fits_the_grammar(figure: Figure) -> None:
    grammar.check(figure)


def test_what_does_not_fit_the_grammar_is_found() -> None:
    wrong = Figure(name="x", title="", says="", rows=[], columns=[], spec={"mark": "drawing"})
    with pytest.raises(ValueError, match="drawing"):
        grammar.check(wrong)


def test_a_chart_says_its_numbers_as_a_table() -> None:
    text = shown(DISTRIBUTIONS[0])
    assert '<th scope="row">18 – 30</th><td class="n">1,200</td>' in text
    assert "<figcaption><h3>Age</h3>" in text
    text = shown(DISTRIBUTIONS[3])
    assert "They cook less. Bars are last day, the marks training." in text
    assert '<th scope="row">cook</th><td class="n">25.0 %</td><td class="n">50.0 %</td>' in text
    assert '<th scope="row">pilot</th><td class="n">0.0 %</td><td class="n">50.0 %</td>' in text


def test_bins_need_an_edge_more() -> None:
    with pytest.raises(ValueError, match="one edge more"):
        histogram("age", title="", says="", edges=[1, 2], series={"rows": [1, 2]})


def test_names_are_no_markup_and_what_is_no_number_is_none() -> None:
    evil = "</script><script>alert(1)</script>"
    rows = [{"name": evil, "score": math.nan}]
    figure = Figure(
        name="x",
        title=evil,
        says=evil,
        rows=rows,
        columns=[Column("name", evil, "text"), Column("score", "Score", "score")],
        spec={"mark": "bar"},
    )
    text = shown(figure)
    assert "<script>alert" not in text
    assert text.count("<script") == 1  # its data, which no browser runs
    assert figure.document["data"]["values"] == [{"name": evil, "score": None}]


def test_without_the_extra_a_chart_is_an_open_table(without: None) -> None:
    text = shown(DISTRIBUTIONS[0])
    assert "<script" not in text
    assert 'class="plot"' not in text
    assert "<details open>" in text
    assert "1,200" in text


def test_the_bundle_is_made_once_and_kept(fresh: Path, browser: Browser, monkeypatch: Any) -> None:
    address = assets.address(vega.NAME)
    answer = browser(None).get(address, headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    script = gzip.decompress(answer.content)
    assert b"vegaEmbed" in script
    (kept,) = (fresh / "charts").iterdir()
    assert kept.read_bytes() == script
    vega._bundle.cache_clear()
    assets.asset.cache_clear()
    monkeypatch.setattr(subprocess, "run", None)  # another process only reads it
    assert browser(None).get(address).content == script


def test_two_processes_may_make_the_bundle_at_once(fresh: Path, monkeypatch: Any) -> None:
    """While one makes it, the other has done so."""
    run = subprocess.run

    def slow(*args: Any, **kwargs: Any) -> Any:
        done = run(*args, **kwargs)
        monkeypatch.setattr(subprocess, "run", run)
        vega._made(fresh / "charts" / "vega-x.js")
        return done

    monkeypatch.setattr(vega, "MAKE", "print('window.vegaEmbed')")
    monkeypatch.setattr(subprocess, "run", slow)
    assert vega._made(fresh / "charts" / "vega-x.js") == b"window.vegaEmbed\n"
    (kept,) = (fresh / "charts").iterdir()
    assert kept.read_bytes() == b"window.vegaEmbed\n"


def test_a_bundle_that_cannot_be_made_is_said_and_not_tried_again(
    fresh: Path, browser: Browser, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(vega, "MAKE", "raise SystemExit(3)")
    address = assets.address(vega.NAME)
    assert browser(None).get(address).status_code == 404
    monkeypatch.setattr(subprocess, "run", None)
    assert browser(None).get(address).status_code == 404
    assert [each.message.partition(":")[0] for each in caplog.records if each.name == vega.__name__] == [
        "Charts are not drawn until the next start"
    ]


@pytest.mark.django_db
def test_without_the_extra_there_is_no_bundle(without: None, fresh: Path, browser: Browser) -> None:
    assert browser(None).get(f"/assets/{'0' * 16}/{vega.NAME}").status_code == 404


def test_no_library_of_charts_is_loaded_into_the_server() -> None:
    code = "import flyball.console.charts.distributions, sys; print(*sys.modules)"
    settings = "import django; from django.conf import settings; settings.configure(); django.setup(); "
    ran = subprocess.run([sys.executable, "-c", settings + code], capture_output=True, check=True, text=True)
    assert not re.search(r"\b(altair|vl_convert|pandas|narwhals)\b", ran.stdout)


def test_a_build_shows_its_folds_and_what_it_has_tried(browser: Browser, version: Version) -> None:
    assert version.candidate is not None
    build = version.candidate.build
    text = browser("viewer").get(f"/endpoints/purchase/builds/{build.pk}").content.decode()
    results = list(build.results.all())
    for each in results:
        assert f'<th scope="row">{each.name}</th><td class="n">{fmean(each.fold_scores):.4f}</td>' in text
    trials, are_all = selectors.trials(build)
    assert are_all
    assert [trial.candidate for trial in trials] == ["baseline", "linear"]
    assert f"of 2 trials; the line is the best so far, {trials[-1].score:.4f}." in text
    for figure in (
        builds.folds("f1", {"a": [0.5, None], "b": [], "c": [1]}),
        builds.search("f1", trials, are_all),
    ):
        grammar.check(figure)


def test_only_what_has_learned_from_all_rows_counts_as_the_best(version: Version) -> None:
    assert version.candidate is not None
    build = version.candidate.build
    build.units.all().delete()
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for second, (rung, point, fold, scores) in enumerate(
        [(0, 1, None, [0.9]), (0, 2, None, [None]), (1, 1, 0, [0.5]), (1, 1, 1, [0.7]), (1, 2, 0, [])]
    ):
        at = moment + timedelta(seconds=second)
        build.units.create(
            candidate="linear", rung=rung, point=point, fold=fold, scores=scores, begun_at=at, done_at=at
        )
    figure = builds.search("f1", *selectors.trials(build))
    assert [(row["rows"], row["score"], row["best"]) for row in figure.rows] == [
        ("some of the rows", 0.9, None),
        ("all rows", pytest.approx(0.6), pytest.approx(0.6)),
    ]
    assert "best so far, 0.6000, of those that learned from all rows." in figure.says


def test_of_a_long_search_the_end_is_shown(version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    assert version.candidate is not None
    monkeypatch.setattr(selectors, "TRIALS", 1)
    trials, are_all = selectors.trials(version.candidate.build)
    assert [trial.candidate for trial in trials] == ["linear"]
    assert "What was tried before is not shown." in builds.search("f1", trials, are_all).says


def test_a_version_shows_its_own_folds(browser: Browser, version: Version) -> None:
    path = "/endpoints/purchase/versions/1"
    assert 'id="folds"' in browser("viewer").get(path).content.decode()
    version.facts = {"candidate": None, "fold_scores": None}  # as an imported folder may have it
    version.save()
    assert 'id="folds"' not in browser("viewer").get(path).content.decode()
