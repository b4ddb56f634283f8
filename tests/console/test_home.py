"""The first page: what needs attention is of one's own teams, and many endpoints come in pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from flyball.console.pages.home import NEEDED, SHOWN
from flyball.control.accounts.services import ensure_team
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Version
from flyball.control.routing.models import Minute, Outcome
from flyball.domain.records import now
from flyball.stores.minutes import minute_of
from tests.console.conftest import Browser


def test_jobs_of_other_teams_need_nobody_elses_attention(browser: Browser, promoted: Version) -> None:
    sales = ensure_team(slug="sales")
    Job.objects.create(kind="build", queue="build", team=sales, attempts=3, status="failed", error="Sesame.")
    Job.objects.create(
        kind="build",
        queue="build",
        team=sales,
        attempts=3,
        status="running",
        lease_until=now().replace(year=2000),
    )
    theirs = browser("stranger").get("/").content.decode()
    assert "Sesame." in theirs
    assert "no worker takes: 1" in theirs
    assert "Needs attention" not in browser("viewer").get("/").content.decode()


def test_many_endpoints_come_in_pages(browser: Browser, promoted: Version) -> None:
    first = Endpoint.objects.get()
    names = [f"more-{number:03}" for number in range(SHOWN + 10)]
    Endpoint.objects.bulk_create(
        Endpoint(name=name, team=first.team, task=first.task, description="") for name in names
    )
    client = browser("viewer")
    page = client.get("/").content.decode()
    rows = re.findall(r'<th scope="row"><a href="/endpoints/([^"]+)"', page)
    assert rows == names[:SHOWN]
    assert f"And {len(names) - NEEDED} more" in page
    (more,) = re.findall(r'href="(/\?after=[^"]+)"', page)
    rest = client.get(more).content.decode()
    assert re.findall(r'<th scope="row"><a href="/endpoints/([^"]+)"', rest) == [*names[SHOWN:], "purchase"]
    for after in ("~", "\x00", "é"):
        assert (
            "There is none after that." in client.get("/", {"after": after}).content.decode() or after < "a"
        )


def test_who_belongs_to_no_team_is_told_so(browser: Browser, promoted: Version) -> None:
    client = browser(None)
    client.force_login(get_user_model().objects.create(username="root", is_superuser=True))
    page = client.get("/").content.decode()
    assert "You belong to no team" in page
    assert "purchase" not in page


@pytest.mark.storage
def test_outcomes_that_have_stopped_need_attention_while_it_answers(
    browser: Browser, promoted: Version
) -> None:
    moment, said = now(), "No outcome has come for 7 days"

    def page() -> str:
        return browser("viewer").get("/").content.decode()

    Outcome.objects.create(
        endpoint="purchase", state="held", reference="r", value="yes", source="api", received_at=moment
    )
    counted = {"endpoint": "purchase", "version": 1, "arm": "champion", "name": "answers", "label": ""}
    Minute.objects.create(minute=minute_of(moment - timedelta(days=8)), count=3, **counted)
    assert said not in page()
    Outcome.objects.update(received_at=moment - timedelta(days=8))
    assert said not in page()  # nothing has been asked of it either
    Minute.objects.create(minute=minute_of(moment - timedelta(days=2)), count=3, **counted)
    assert said in page()
    assert said not in browser("stranger").get("/").content.decode()


def test_a_question_that_failed_is_no_matter_of_the_first_page(browser: Browser, promoted: Version) -> None:
    endpoint = promoted.endpoint
    for kind, is_told in (("effect", False), ("build", True)):
        Job.objects.create(
            kind=kind, queue="build", team=endpoint.team, endpoint=endpoint, attempts=3, status="failed"
        )
        assert (f"Its last {kind}" in browser("viewer").get("/").content.decode()) is is_told
