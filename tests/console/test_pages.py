"""The pages of the loop: what stands on them, and what their forms do."""

from __future__ import annotations

import re

import pytest

from flyball.console.frame import assets
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Version
from flyball.control.routing import selectors
from flyball.control.schedules import selectors as selectors_of_schedules
from flyball.control.schedules import services
from tests.console.conftest import Browser


def test_an_endpoint_is_promoted_from_its_pages(browser: Browser, version: Version) -> None:
    client = browser("owner")
    assert "It has no champion" in client.get("/").content.decode()
    page = client.get("/endpoints/purchase").content.decode()
    (link,) = set(re.findall(r'href="(/endpoints/purchase/promote/\d+)"', page))
    form = client.get(link).content.decode()
    assert 'name="expected" value="0"' in form
    assert client.post(link, {"expected": "0"}).status_code == 302
    champion = selectors.champion("purchase")
    assert champion is not None
    assert champion.number == version.number
    assert f"@{version.number}" in client.get("/").content.decode()


def test_a_promotion_that_somebody_else_was_quicker_with_is_refused(
    browser: Browser, promoted: Version
) -> None:
    answer = browser("owner").post("/endpoints/purchase/promote/1", {"expected": "7"})
    assert answer.status_code == 409
    assert "route" in answer.content.decode()


def test_a_build_is_asked_for_followed_and_cancelled(browser: Browser, version: Version) -> None:
    client = browser("owner")
    answer = client.post("/endpoints/purchase/builds")
    job = Job.objects.get()
    assert (job.kind, job.endpoint_id, str(job.asked_by)) == ("build", "purchase", "owner")
    assert answer["Location"] == f"/jobs/{job.pk}"
    page = client.get(answer["Location"]).content.decode()
    assert "hx-trigger" in page  # it is alive
    part = client.get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert (
        part.count('id="live"') == part.count("hx-trigger") == 1
    )  # it stands where the page's was, and goes on
    client.post(f"/jobs/{job.pk}/cancel")
    page = client.get(answer["Location"]).content.decode()
    assert "cancelled" in page
    assert "hx-trigger" not in page  # it has ended
    client.post(f"/jobs/{job.pk}/retry")
    job.refresh_from_db()
    assert job.status == "queued"


def test_a_leaderboard_says_by_what_each_candidate_is_served(browser: Browser, version: Version) -> None:
    assert version.candidate is not None
    build = version.candidate.build
    page = f"/endpoints/purchase/builds/{build.pk}"
    assert "compiled" in browser("viewer").get(page).content.decode()
    build.results.update(compiling={"reason": "It cannot be."})
    text = browser("viewer").get(page).content.decode()
    assert "compiled" not in text
    assert "scikit-learn" in text


def test_a_schedule_is_paused_and_resumed(browser: Browser, version: Version) -> None:
    client, endpoint = browser("owner"), Endpoint.objects.get(name="purchase")
    services.add(endpoint=endpoint, name="nightly", times="every day at 02:00", kind="snapshot")
    for verb, state in (("pause", "paused"), ("resume", "active")):
        assert f"/schedules/nightly/{verb}" in client.get("/endpoints/purchase").content.decode()
        client.post(f"/endpoints/purchase/schedules/nightly/{verb}")
        assert selectors_of_schedules.state(selectors_of_schedules.schedule("purchase", "nightly")) == state


@pytest.mark.parametrize("before", ["", "x", "0", "\x00"])
def test_a_page_of_jobs_that_there_is_not_is_said_so(browser: Browser, version: Version, before: str) -> None:
    assert browser("viewer").get("/jobs", {"before": before}).status_code == 404


def test_jobs_come_in_pages(browser: Browser, version: Version) -> None:
    client = browser("owner")
    client.post("/endpoints/purchase/builds")
    first = Job.objects.get()
    Job.objects.bulk_create(
        Job(kind="build", queue="build", team=first.team, endpoint=first.endpoint, attempts=3)
        for _ in range(60)
    )
    page = client.get("/jobs").content.decode()
    (older,) = re.findall(r'href="(/jobs\?before=[^"]+)"', page)
    rest = client.get(older).content.decode()
    assert str(first.pk) not in page
    assert str(first.pk) in rest


def test_names_are_escaped(browser: Browser, version: Version) -> None:
    version.facts["candidate"] = "<script>alert(1)</script>"
    version.save()
    for path in ("/endpoints/purchase", "/endpoints/purchase/versions/1"):
        text = browser("viewer").get(path).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


@pytest.mark.django_db
def test_assets_are_for_everybody_and_for_ever_under_their_digest(browser: Browser) -> None:
    for name in assets.PLACES:
        answer = browser(None).get(assets.address(name))
        assert answer.status_code == 200
        assert "immutable" in answer["Cache-Control"]
        wrong = assets.address(name).replace(assets.asset(name).digest, "0" * 16)
        assert browser(None).get(wrong).status_code == 404
