"""What changes is followed in a real browser: a log stays where it is read; a server in trouble has peace."""

from __future__ import annotations

from typing import Any

import pytest

from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import running
from flyball.control.jobs import services as jobs
from flyball.control.registry.models import Version
from tests.console.conftest import CHROMIUM, Open

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="No Chromium is installed: FLYBALL_TEST_CHROMIUM names one."),
    pytest.mark.django_db(transaction=True),
]
AT_END = "log => log.scrollHeight - log.scrollTop - log.clientHeight < 8"
HIDDEN = "is => Object.defineProperty(document, 'hidden', {value: is, configurable: true})"


@pytest.fixture
def run(version: Version) -> running.Run:
    """A job that runs and has said a lot."""
    endpoint = Endpoint.objects.get(name="purchase")
    found = running.claim(jobs.ask(kind="snapshot", team=endpoint.team, endpoint=endpoint).pk)
    assert found is not None
    found.report(progress=0.25, log="\n".join(f"line {number}" for number in range(200)))
    return found


def test_a_log_stays_where_it_is_read_and_else_shows_its_end(
    opened: Open, run: running.Run, said: list[str]
) -> None:
    page = opened(f"/jobs/{run.id}")
    log = page.locator("#log")
    assert log.evaluate(AT_END)
    run.report(log="one more")
    page.wait_for_selector("#log:has-text('one more')")
    assert log.evaluate(AT_END)
    log.evaluate("log => { log.scrollTop = 40 }")
    run.report(log="another")
    page.wait_for_selector("#log:has-text('another')")
    assert log.evaluate("log => log.scrollTop") == 40
    running.succeed(run)
    page.wait_for_selector("#live:not([hx-get])")
    assert log.evaluate("log => log.scrollTop") == 40
    assert said == []


def asked_within(page: Any, milliseconds: int) -> int:
    """How often the page asks in that time."""
    asked: list[str] = []

    def count(request: Any) -> None:
        asked.append(request.url)

    page.on("request", count)
    page.wait_for_timeout(milliseconds)
    page.remove_listener("request", count)
    return len(asked)


def test_a_page_waits_while_it_is_hidden_and_where_the_server_is_in_trouble(
    opened: Open, run: running.Run
) -> None:
    page = opened(f"/jobs/{run.id}")
    assert asked_within(page, 3500) >= 2
    page.evaluate(HIDDEN, True)
    page.wait_for_timeout(500)  # what was under way ends
    assert asked_within(page, 2500) == 0
    page.evaluate(HIDDEN, False)
    page.route("**/jobs/**", lambda route: route.fulfill(status=503))
    assert 1 <= asked_within(page, 6000) <= 3
    page.unroute("**/jobs/**")
    run.report(log="it goes on")
    page.wait_for_selector("#log:has-text('it goes on')", timeout=20_000)
