"""A prediction's values stand on the distributions that its version learned from."""

from __future__ import annotations

import re
from typing import Any

import pytest

import flyball
from flyball.control.datasets.profiles import described
from flyball.control.datasets.standing import Stands, standing
from flyball.control.registry.models import Version
from flyball.control.routing.models import Prediction
from tests.console.conftest import Browser

QUANTILES = {"0.0": 0, "0.01": 0, "0.25": 25, "0.5": 50, "0.75": 75, "0.99": 100, "1.0": 200}
PROFILE: dict[str, Any] = {
    "age": {"kind": "number", "count": 90, "missing": 10, "quantiles": QUANTILES},
    "job": {"kind": "category", "count": 10, "missing": 0, "categories": [["cook", 6], ["clerk", 4]]},
    "owns": {"kind": "boolean", "count": 4, "missing": 0, "categories": [[True, 3], [False, 1]]},
    "born": {"kind": "timestamp", "count": 4, "missing": 0, "first": "2000-01-01", "last": "2000-01-03"},
    "note": {"kind": "text", "count": 4, "missing": 0, "distinct": 4, "length": {"0.0": 1, "1.0": 5}},
    "odd": {"kind": "number"},
    "flat": {"kind": "number", "count": 2, "missing": 0, "quantiles": {"0.0": 7, "1.0": 7}},
    "wide": {"kind": "number", "count": 2, "missing": 0, "quantiles": {"0.0": -1.7e308, "1.0": 1.7e308}},
}


@pytest.mark.parametrize(
    ("name", "value", "stands"),
    [
        ("age", 50, Stands("within", 0.5, 0.5)),
        ("age", 150, Stands("within", 1.0, 0.995)),
        ("age", -3, Stands("below", 0.0)),
        ("age", 201, Stands("above", 1.0)),
        ("age", None, Stands("missing", share=0.1)),
        ("age", "fifty", Stands("unsaid")),
        ("age", True, Stands("unsaid")),
        ("job", "cook", Stands("same", 0.25, 0.6)),
        ("job", "pilot", Stands("unknown")),
        ("owns", False, Stands("same", 0.75, 0.25)),
        ("owns", 1, Stands("unknown")),
        ("born", "2000-01-02T00:00:00Z", Stands("within", 0.5)),
        ("born", "1999-01-01", Stands("below", 0.0)),
        ("born", "soon", Stands("unsaid")),
        ("note", "abc", Stands("within", 0.5, 0.5)),
        ("note", "a", Stands("within", 0.0, 0.25)),
        ("odd", 1, Stands("unsaid")),
        ("flat", 7, Stands("within", 0.5, 1.0)),
        ("wide", 0, Stands("within", 0.5, 0.5)),
    ],
)
def test_a_value_stands_where_its_field_says(name: str, value: Any, stands: Stands) -> None:
    assert standing(described(None, PROFILE)[name], value) == stands


def fields(browser: Browser, **values: Any) -> str:
    identity = flyball.predict("purchase", input=values).id
    page = browser("viewer").get(f"/predictions/{identity}").content.decode()
    return page.partition("What it was computed from")[2].partition("What really happened")[0]


def test_each_value_is_marked_on_its_distribution_and_said(browser: Browser, promoted: Version) -> None:
    page = fields(browser, age=50.0, job="cook")
    assert page.count('<path class="mark"') == 2
    assert re.search(r"are no higher", page)
    assert "so are 33.3 %" in page
    assert "style=" not in page


def test_what_is_outside_or_unknown_is_said(browser: Browser, promoted: Version) -> None:
    page = fields(browser, age=900.0, job="astronaut")
    assert page.count('<path class="mark"') == 1
    assert "above all" in page
    assert "none of its 3 categories" in page


def test_a_version_whose_profile_is_not_known_draws_nothing(browser: Browser, promoted: Version) -> None:
    promoted.facts = {"profile": [1]}
    promoted.save()
    assert "<svg" not in fields(browser, age=50.0, job="cook")
    Prediction.objects.update(version=9)
    page = browser("viewer").get(f"/predictions/{Prediction.objects.get().pk}").content.decode()
    assert "has been removed since" in page


def test_a_warning_stands_beside_its_field_whatever_the_field_is_called(
    browser: Browser, promoted: Version
) -> None:
    identity = flyball.predict("purchase", input={"age": 50.0, "job": "cook"}).id
    warning = {"pointer": "/input/km~1h ~0", "code": "out_of_range", "message": "Outside the range."}
    Prediction.objects.update(input={"km/h ~": 9.0}, warnings=[warning])
    page = browser("viewer").get(f"/predictions/{identity}").content.decode()
    assert '<span class="state failed">Outside the range.</span>' in page
