"""Jobs in the console: looked for, shown in full while they run and after, and linked to what they made."""

from __future__ import annotations

import re
from typing import Any

import pytest

from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import running
from flyball.control.jobs import services as jobs
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Version
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage


def ask(kind: str = "snapshot", **values: Any) -> Job:
    """A job of ``purchase``, with these columns."""
    endpoint = Endpoint.objects.get(name="purchase")
    job = jobs.ask(kind=kind, team=endpoint.team, endpoint=endpoint)
    Job.objects.filter(pk=job.pk).update(**values)
    return job


def shown(page: str) -> list[str]:
    """The ids of the jobs of a page."""
    return re.findall(r'<th scope="row"><a href="/jobs/([^"]+)"', page)


def test_jobs_are_looked_for_by_state_kind_and_endpoint(browser: Browser, version: Version) -> None:
    client = browser("viewer")
    failed, build = ask(status="failed"), ask("build")
    for query, found in (
        ({"status": "failed"}, [failed]),
        ({"kind": "build"}, [build]),
        ({"endpoint": "purchase"}, [build, failed]),
        ({"endpoint": "purchase", "status": "queued", "kind": ""}, [build]),
        ({"status": "running"}, []),
    ):
        page = client.get("/jobs", query).content.decode()
        assert shown(page) == [str(each.pk) for each in found]
    assert "No job fits." in page


def test_the_pages_of_a_search_stay_in_it(
    browser: Browser, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flyball.console.frame.paging.SHOWN", 1)
    first, _ = ask(status="failed"), ask()
    second = ask(status="failed")
    client = browser("viewer")
    page = client.get("/jobs?status=failed").content.decode()
    assert shown(page) == [str(second.pk)]
    (more,) = re.findall(r'href="(/jobs\?status=failed&amp;before=[^"]+)"', page)
    page = client.get(more.replace("&amp;", "&")).content.decode()
    assert shown(page) == [str(first.pk)]
    assert 'href="/jobs?status=failed"' in page


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"status": "lost"}, 422),
        ({"status": "\x00"}, 404),
        ({"kind": "nothing"}, 404),
        ({"kind": "\ud800"}, 404),
        ({"endpoint": "\x00"}, 404),
        ({"endpoint": "nowhere"}, 404),
        ({"endpoint": "x" * 5000}, 404),
    ],
)
def test_a_search_for_what_there_is_not_is_refused(
    browser: Browser, version: Version, query: dict[str, str], status: int
) -> None:
    address = "/jobs?" + "&".join(
        f"{name}={''.join(f'%{byte:02x}' for byte in value.encode('utf-8', 'surrogatepass'))}"
        for name, value in query.items()
    )
    assert browser("viewer").get(address).status_code == status


def test_an_endpoint_of_another_team_is_looked_for_as_one_that_there_is_not(
    browser: Browser, version: Version
) -> None:
    stranger = browser("stranger")
    pages = [stranger.get("/jobs", {"endpoint": name}) for name in ("purchase", "nowhere")]
    assert [each.status_code for each in pages] == [404, 404]
    words = [re.findall(r"<main.*?</main>", each.content.decode(), re.DOTALL) for each in pages]
    assert words[0] == words[1]


def test_a_job_is_shown_with_its_whole_log_its_error_and_what_it_made(
    browser: Browser, version: Version
) -> None:
    log = "\n".join(f"line {number} <b>" for number in range(500))
    result = {"build": 3, "snapshot": "ab" * 32, "version": version.number}
    job = ask(
        "build", status="failed", log=log, error="It broke.\n" * 90, error_code="internal", result=result
    )
    page = browser("owner").get(f"/jobs/{job.pk}").content.decode()
    assert "line 0 &lt;b&gt;" in page
    assert "line 499 &lt;b&gt;" in page
    assert page.count("It broke.") == 90
    assert "internal" in page
    for address in ("builds/3", f"snapshots/{'ab' * 32}", f"versions/{version.number}"):
        assert f'href="/endpoints/purchase/{address}"' in page
    assert "Try again" in page
    assert "Try again" not in browser("viewer").get(f"/jobs/{job.pk}").content.decode()


def test_an_odd_result_breaks_no_page(browser: Browser, version: Version) -> None:
    job = ask(status="succeeded", result={"build": "x", "version": [], "digest": {"a": 1}, "snapshot": None})
    assert browser("viewer").get(f"/jobs/{job.pk}").status_code == 200


def test_a_job_that_tries_again_says_when_and_why(browser: Browser, version: Version) -> None:
    job, client = ask(), browser("viewer")
    assert "no worker has noticed it" in client.get(f"/jobs/{job.pk}").content.decode()
    run = running.claim(job.pk)
    assert run is not None
    running.fail(run, "The source was away.", can_pass=True)
    page = client.get(f"/jobs/{job.pk}").content.decode()
    assert "and begins again" in page
    assert "The source was away." in page
    assert "hx-trigger" in page  # it goes on


def test_a_log_that_has_lost_its_beginning_says_so(browser: Browser, version: Version) -> None:
    client = browser("viewer")
    for length, is_said in ((running.LONGEST_LOG, True), (running.LONGEST_LOG - 1, False)):
        job = ask(log="x" * length)
        assert ("Its beginning is gone" in client.get(f"/jobs/{job.pk}").content.decode()) is is_said
