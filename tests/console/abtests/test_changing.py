"""A test that runs gets other weights, and ends, from its page; and its list has both."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flyball.control.abtests import selectors, services
from flyball.control.abtests.models import ABTest
from flyball.control.routing import selectors as routing
from tests.abtests.running.cast import started
from tests.console.abtests.conftest import OWN, Looked
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage


def shares() -> list[float]:
    """Of the route in force."""
    route = routing.route("purchase")
    assert route is not None
    return [arm.weight for arm in route.arms]


def test_weights_change_and_say_why(browser: Browser, running: ABTest) -> None:
    client = browser("owner")
    form = client.get(f"{OWN}/1/weights").content.decode()
    assert 'name="share.2" value="50%"' in form
    (expected,) = re.findall(r'name="expected" value="(\d+)"', form)
    sent = {"expected": expected, "share.2": "10%", "reason": "too early"}
    assert client.post(f"{OWN}/1/weights", sent)["Location"] == f"{OWN}/1"
    assert shares() == [0.9, 0.1]
    page = client.get(f"{OWN}/1").content.decode()
    assert "A/B test 1 too early" in page
    assert client.post(f"{OWN}/1/weights", sent).status_code == 409  # the route has changed since


@pytest.mark.parametrize("share", ["", "many", "0%", "100%", "1.2", "-5%"])
def test_weights_that_do_not_fit_are_said_at_the_form(browser: Browser, running: ABTest, share: str) -> None:
    answer = browser("owner").post(f"{OWN}/1/weights", {"expected": "2", "share.2": share})
    assert answer.status_code == 422
    assert 'id="fault"' in answer.content.decode()
    assert shares() == [0.5, 0.5]


def test_a_test_is_stopped(browser: Browser, running: ABTest) -> None:
    client = browser("owner")
    assert "Stop A/B test 1 of purchase?" in client.get(f"{OWN}/1/stop").content.decode()
    assert client.post(f"{OWN}/1/stop", {"expected": "1"}).status_code == 409
    sent = {"expected": "2", "reason": "is bad for business"}
    assert client.post(f"{OWN}/1/stop", sent)["Location"] == f"{OWN}/1"
    assert shares() == [1.0]
    assert routing.revision("purchase", 3).reason == "A/B test 1 is bad for business"
    assert client.get(f"{OWN}/1/stop").status_code == 409
    assert client.post(f"{OWN}/1/weights", {"expected": "3", "share.2": "10%"}).status_code == 409


def test_the_list_has_each_with_its_verdict(browser: Browser, looked: Looked) -> None:
    services.stop(test=looked(0.5))
    started()
    page = browser("viewer").get(OWN).content.decode()
    rows = re.findall(r"<tr>\s*<th scope=\"row\".*?</tr>", page, re.DOTALL)
    assert ["A/B test 2" in rows[0], "A/B test 1" in rows[1]] == [True, True]
    assert "running" in rows[0]
    assert "not looked at yet" in rows[0]
    assert "ended" in rows[1]
    assert "Version 2 is better than the champion in outcome" in rows[1]


def test_a_long_list_takes_no_more_queries(browser: Browser, looked: Looked) -> None:
    first, client = looked(), browser("owner")
    client.get(OWN)
    with CaptureQueriesContext(connection) as few:
        client.get(OWN)
    rows = [
        ABTest(endpoint_id="purchase", number=number, before=1, spec=first.spec, verdict=first.verdict)
        for number in range(2, 70)
    ]
    ABTest.objects.bulk_create(rows)
    with CaptureQueriesContext(connection) as many:
        page = client.get(OWN).content.decode()
    assert len(many) == len(few)
    (older,) = re.findall(r'href="([^"]+before=\d+)">More', page)
    assert "A/B test 1<" in client.get(older).content.decode()
    assert selectors.in_force("purchase") == first


def test_an_endpoint_without_tests_says_what_one_is(browser: Browser, purchase: None) -> None:
    assert "No A/B test has been started yet" in browser("viewer").get(OWN).content.decode()
