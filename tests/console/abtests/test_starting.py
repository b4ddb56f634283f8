"""The form of a new test: its plan first, faults at their fields, then the start."""

from __future__ import annotations

import re
from typing import Any

import pytest

from flyball.control.abtests import selectors, services
from flyball.control.abtests.models import ABTest
from flyball.control.abtests.spec import of_document
from flyball.control.routing import selectors as routing
from tests.console.abtests.conftest import OWN
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
ASKED = (
    "version=2&share=20%25&role.outcome=primary&role.latency_p99=guardrail&margin.latency_p99=0.1&stops=harm"
)


def test_a_test_is_planned_and_then_started(browser: Browser, purchase: None) -> None:
    client = browser("owner")
    assert f"{OWN}/start" in client.get(OWN).content.decode()
    form = client.get(f"{OWN}/start").content.decode()
    assert 'value="2"' in form
    assert "Start the test" not in form
    page = client.get(f"{OWN}/start?{ASKED}").content.decode()
    assert "New units a day" in page
    assert 'name="version" value="2" checked' in page
    assert ABTest.objects.count() == 0
    (expected,) = re.findall(r'name="expected" value="(\d+)"', page)
    answer = client.post(f"{OWN}/start?{ASKED}", {"expected": expected})
    assert answer["Location"] == f"{OWN}/1"
    test = selectors.abtest("purchase", 1)
    spec = of_document(test.spec)
    assert [(each.name, each.role, each.margin) for each in spec.metrics] == [
        ("outcome", "primary", None),
        ("latency_p99", "guardrail", 0.1),
    ]
    assert (spec.stops, spec.kind, str(test.created_by)) == (("harm",), "ab", "owner")
    route = routing.route("purchase")
    assert route is not None
    assert [(arm.name, arm.weight) for arm in route.arms] == [("champion", 0.8), ("challenger", 0.2)]


def test_a_form_for_another_route_is_refused(browser: Browser, purchase: None) -> None:
    assert browser("owner").post(f"{OWN}/start?{ASKED}", {"expected": "7"}).status_code == 409
    assert ABTest.objects.count() == 0


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ("share=20%25", "challengers"),
        ("version=2&share=many", "share"),
        ("version=2&share=120%25", "share"),
        ("version=2&at_least=soon", "at_least"),
        ("version=2&at_least=7d&at_most=1d", "at_most"),
        ("version=2&level=90%25", "level"),
        ("version=2&effect=nan", "effect"),
        ("version=2&role.outcome=primary&role.accuracy=primary", "metric"),
        ("version=2&role.latency_p99=guardrail&margin.latency_p99=-1", "metric"),
        ("version=2&role.latency_p99=guardrail&margin.latency_p99=1e400", "metric"),
        ("version=2&role.outcome=primary&one_sided=1", "margin"),
        ("version=2&unit=nothing", "unit"),
        ("version=2&stops=chance", "stops"),
        ("version=2&action=cheer", "action"),
        ("version=2&kind=canary&steps=25%25+5%25", "steps"),
        ("version=2&kind=bandit&floor=90%25", "floor"),
        ("version=2&kind=bandit&budget=-1", "budget"),
        ("more=two", "challengers"),
    ],
)
def test_a_fault_is_said_at_its_field(browser: Browser, purchase: None, sent: str, field: str) -> None:
    client = browser("owner")
    answer = client.get(f"{OWN}/start?{sent}")
    assert answer.status_code == 422
    assert f'id="{field}-fault"' in answer.content.decode()
    assert client.post(f"{OWN}/start?{sent}", {"expected": "1"}).status_code == 422


def test_all_faults_are_said_at_once(browser: Browser, purchase: None) -> None:
    answer = browser("owner").get(f"{OWN}/start?version=2&share=many&kind=bandit&floor=90%25")
    faults = re.findall(r'id="(\w+)-fault"', answer.content.decode())
    assert faults == ["share", "floor"]


def test_what_was_written_stands_in_the_form_again(browser: Browser, purchase: None) -> None:
    sent = "version=2&threshold.2=0.4&share=<b>&role.accuracy=guardrail&margin.accuracy=0.03"
    page = browser("owner").get(f"{OWN}/start?{sent}").content.decode()
    for each in ('name="threshold.2" value="0.4"', 'name="margin.accuracy" value="0.03"', "&lt;b&gt;"):
        assert each in page


@pytest.mark.parametrize(
    ("sent", "kind", "weight"),
    [
        ("version=2&kind=canary&steps=5%25+50%25+100%25&each=2h", "canary", 0.05),
        ("version=2&kind=bandit&every=12h&role.outcome=primary", "bandit", 0.5),
        ("more=@1@0.7&role.outcome=primary", "ab", 0.5),
    ],
)
def test_every_kind_is_started(browser: Browser, purchase: None, sent: str, kind: str, weight: float) -> None:
    assert browser("owner").post(f"{OWN}/start?{sent}", {"expected": "1"}).status_code == 302
    assert of_document(selectors.abtest("purchase", 1).spec).kind == kind
    route = routing.route("purchase")
    assert route is not None
    assert route.arms[1].weight == weight


def test_only_columns_that_may_be_units_are_offered(browser: Browser, purchase: None) -> None:
    page = browser("owner").get(f"{OWN}/start").content.decode()
    offered = re.findall(r"<option>(\w+)</option>", page)
    assert "age" in offered
    answer = browser("owner").post(f"{OWN}/start?version=2&unit=age", {"expected": "1"})
    assert answer.status_code == 302


def test_beside_a_running_test_none_is_started(browser: Browser, running: ABTest) -> None:
    page = browser("owner").get(f"{OWN}/start")
    assert "A/B test 1 runs already" in page.content.decode()
    assert browser("owner").post(f"{OWN}/start?{ASKED}", {"expected": "2"}).status_code == 409


def test_who_starts_a_test_proves_who_they_are(browser: Browser, purchase: None, settings: Any) -> None:
    settings.FLYBALL_PROOF = "tests.console.abtests.test_starting.elsewhere"
    for path in ("start", f"start?{ASKED}"):
        assert browser("owner").get(f"{OWN}/{path}")["Location"] == "/prove"
        assert browser("owner").post(f"{OWN}/{path}")["Location"] == "/prove"
    assert ABTest.objects.count() == 0


def elsewhere(request: Any) -> str:
    """Where the reader proves who they are."""
    return "/prove"


def test_the_endpoint_says_which_test_runs(browser: Browser, running: ABTest) -> None:
    client = browser("viewer")
    for path in ("/", "/endpoints/purchase", "/endpoints/purchase/versions/2"):
        page = client.get(path).content.decode()
        assert f'href="{OWN}/1"' in page
        assert "A/B test 1" in page
    assert "challenger for 50 % of its units" in page
    services.stop(test=running)
    for path in ("/", "/endpoints/purchase", "/endpoints/purchase/versions/2"):
        assert f'href="{OWN}/1"' not in client.get(path).content.decode()
