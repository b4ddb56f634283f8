"""Builds on pages: of all endpoints, and one with its leaderboard, live while its job runs."""

from __future__ import annotations

import re

import pytest

from flyball.console.frame.paging import SHOWN
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Build, BuildUnit, CandidateResult, Version
from flyball.domain.records import now
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage


@pytest.fixture
def running(version: Version) -> tuple[Build, Job]:
    """A build that runs, with one candidate that failed and one that is done."""
    job = Job.objects.create(
        kind="build",
        queue="build",
        team=version.endpoint.team,
        endpoint=version.endpoint,
        attempts=3,
        status="running",
        progress=0.25,
        message="linear 0.7812",
    )
    build = Build.objects.create(
        endpoint=version.endpoint, status="running", seed=0, metric="roc_auc", arguments={"job": str(job.pk)}
    )
    CandidateResult.objects.create(build=build, name="svm", error="Too <b>many</b> rows\nfor it.")
    CandidateResult.objects.create(build=build, name="linear", parameters={"items": 3}, seconds=2)
    CandidateResult.objects.create(build=build, name="forest", ended="0.5 on 12 rows, too <b>far</b> behind.")
    unit = {"build": build, "candidate": "linear", "rung": 0, "claimant": "job", "begun_at": now()}
    BuildUnit.objects.create(point=1, done_at=now(), **unit)
    BuildUnit.objects.create(point=2, **unit)
    return build, job


def test_a_build_is_watched_and_cancelled_where_its_job_runs(
    browser: Browser, running: tuple[Build, Job]
) -> None:
    build, job = running
    address = f"/endpoints/purchase/builds/{build.pk}"
    part = browser("owner").get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert part.count('id="live"') == part.count("hx-trigger") == 1
    assert 'value="0.25"' in part
    assert "linear 0.7812" in part
    assert "1 part of the search done" in part
    assert f'action="/jobs/{job.pk}/cancel"' in part
    assert f'action="/jobs/{job.pk}/cancel"' not in browser("viewer").get(address).content.decode()
    browser("owner").post(f"/jobs/{job.pk}/cancel")
    assert "and is to end" in browser("owner").get(address).content.decode()
    Build.objects.update(status="cancelled", error="Somebody has cancelled this job.")
    page = browser("owner").get(address).content.decode()
    assert "hx-trigger" not in page
    assert "/cancel" not in page


def test_a_candidate_that_failed_says_why_in_full(browser: Browser, running: tuple[Build, Job]) -> None:
    build, _ = running
    page = browser("viewer").get(f"/endpoints/purchase/builds/{build.pk}").content.decode()
    assert "Candidates that failed" in page
    assert "Too &lt;b&gt;many&lt;/b&gt; rows\nfor it." in page
    assert "<dt>forest</dt><dd>0.5 on 12 rows, too &lt;b&gt;far&lt;/b&gt; behind.</dd>" in page
    assert "<code>items=3</code>" in page


@pytest.mark.parametrize("job", [None, 3, "x", "\x00", "019a0000-0000-7000-8000-000000000000"])
def test_a_build_without_a_job_that_is_kept_is_shown_all_the_same(
    browser: Browser, running: tuple[Build, Job], job: object
) -> None:
    build, _ = running
    build.arguments = {} if job is None else {"job": str(job).replace("\x00", "0")}
    build.save()
    page = browser("owner").get(f"/endpoints/purchase/builds/{build.pk}").content.decode()
    assert "Its job" not in page


def test_another_teams_job_is_not_linked(browser: Browser, running: tuple[Build, Job]) -> None:
    build, job = running
    browser("stranger")
    job.team = type(job.team).objects.get(slug="sales")
    job.save()
    page = browser("owner").get(f"/endpoints/purchase/builds/{build.pk}").content.decode()
    assert "Its job" not in page


def test_the_winner_is_promoted_from_the_leaderboard(browser: Browser, version: Version) -> None:
    assert version.candidate is not None
    address = f"/endpoints/purchase/builds/{version.candidate.build_id}"
    page = browser("owner").get(address).content.decode()
    (link,) = set(re.findall(r'href="(/endpoints/purchase/promote/\d+)"', page))
    assert "Promote…" not in browser("viewer").get(address).content.decode()
    assert re.search(r"\d KiB|\d B", page)
    browser("owner").post(link, {"expected": "0"})
    page = browser("owner").get(address).content.decode()
    assert '<span class="champion">champion</span>' in page
    assert link not in page


@pytest.mark.parametrize("path", ["/builds", "/endpoints/purchase/builds"])
def test_builds_come_in_pages(browser: Browser, version: Version, path: str) -> None:
    Build.objects.bulk_create(
        Build(endpoint=version.endpoint, seed=0, metric="roc_auc") for _ in range(SHOWN + 4)
    )
    client = browser("viewer")
    page = client.get(path).content.decode()
    numbers = re.compile(r'<th scope="row" class="tight"><a href="/endpoints/purchase/builds/(\d+)"')
    (more,) = re.findall(rf'href="({path}\?before=\d+)"', page)
    rest = client.get(more).content.decode()
    assert len(numbers.findall(page)) == SHOWN
    assert len(numbers.findall(rest)) == 5
    assert not set(numbers.findall(page)) & set(numbers.findall(rest))
    assert "There is none before that." in client.get(path, {"before": "0"}).content.decode()
    for odd in ("", "x", "\x00", "9" * 5000):
        assert client.get(path, {"before": odd}).status_code == 404
