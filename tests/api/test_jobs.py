"""Jobs over the management API: asked for, looked at, cancelled and asked for again."""

from __future__ import annotations

from typing import Any

import pytest

from flyball.control.accounts.services import ensure_team
from flyball.control.jobs import running, selectors, services
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Version
from tests.api.conftest import Ask

NOBODYS = "019a0000-0000-7000-8000-000000000000"


@pytest.fixture
def job(ask: Ask, version: Version) -> dict[str, Any]:
    """A build of ``purchase``, asked for."""
    answer = ask("owner", "POST", "endpoints/purchase/builds", {"promote": True})
    assert answer.status_code == 202
    document: dict[str, Any] = answer.json()
    return document


def test_a_build_is_asked_for_and_found(ask: Ask, job: dict[str, Any]) -> None:
    assert (job["kind"], job["endpoint"], job["team"], job["status"]) == (
        "build",
        "purchase",
        "lending",
        "queued",
    )
    assert job["arguments"] == {"promote": True}
    assert ask("viewer", "GET", "jobs").json()["jobs"] == [job]
    assert ask("viewer", "GET", f"jobs/{job['id']}").json() == {**job, "log": ""}


def test_a_snapshot_is_asked_for(ask: Ask, version: Version) -> None:
    answer = ask("owner", "POST", "endpoints/purchase/snapshots", {})
    assert (answer.status_code, answer.json()["kind"]) == (202, "snapshot")


def test_a_build_is_made_of_a_snapshot_that_there_is(ask: Ask, version: Version) -> None:
    digest = ask("viewer", "GET", "endpoints/purchase/snapshots/latest").json()["digest"]
    asked = ask("owner", "POST", "endpoints/purchase/builds", {"snapshot": "latest"})
    assert asked.json()["arguments"] == {"snapshot": digest}
    missing = ask("owner", "POST", "endpoints/purchase/builds", {"snapshot": "0" * 64})
    assert missing.status_code == 404


def test_the_same_build_is_one_job_until_another_one_is_asked_for(ask: Ask, job: dict[str, Any]) -> None:
    same = ask("owner", "POST", "endpoints/purchase/builds", {"promote": True, "yes": False})
    assert (same.status_code, same.json()["id"]) == (202, job["id"])
    for body in ({}, {"promote": True, "again": True}):
        assert ask("owner", "POST", "endpoints/purchase/builds", body).json()["id"] != job["id"]
    snapshot = ask("owner", "POST", "endpoints/purchase/snapshots", {}).json()
    assert ask("owner", "POST", "endpoints/purchase/snapshots", {}).json()["id"] == snapshot["id"]


def test_a_job_says_which_error_it_failed_with(ask: Ask, job: dict[str, Any]) -> None:
    run = running.claim(selectors.beginning(job["id"]).pk)
    assert run is not None
    running.fail(run, "Say yes.", can_pass=False, code="confirmation_needed")
    shown = ask("viewer", "GET", f"jobs/{job['id']}").json()
    assert (shown["error"], shown["error_code"]) == ("Say yes.", "confirmation_needed")


def test_jobs_come_in_pages(ask: Ask, job: dict[str, Any]) -> None:
    second = ask("owner", "POST", "endpoints/purchase/snapshots", {}).json()
    first_page = ask("viewer", "GET", "jobs?limit=1").json()["jobs"]
    assert [each["id"] for each in first_page] == [second["id"]]
    last = ask("viewer", "GET", f"jobs?limit=1&before={second['id']}").json()["jobs"]
    assert [each["id"] for each in last] == [job["id"]]
    assert ask("viewer", "GET", "jobs?before=7").status_code == 422


def test_jobs_are_filtered(ask: Ask, job: dict[str, Any]) -> None:
    assert len(ask("viewer", "GET", "jobs?endpoint=purchase&status=queued").json()["jobs"]) == 1
    assert ask("viewer", "GET", "jobs?status=failed").json() == {"jobs": []}
    assert ask("viewer", "GET", "jobs?status=lost").status_code == 422
    assert ask("viewer", "GET", "jobs?endpoint=nothing").status_code == 404
    assert ask("viewer", "GET", "jobs?endpoint=%00").status_code == 404


def test_a_job_is_cancelled_and_asked_for_again(ask: Ask, job: dict[str, Any]) -> None:
    assert ask("owner", "POST", f"jobs/{job['id']}/cancel", {}).json()["status"] == "cancelled"
    assert ask("owner", "POST", f"jobs/{job['id']}/cancel", {}).status_code == 409
    again = ask("owner", "POST", f"jobs/{job['id']}/retry", {})
    assert (again.status_code, again.json()["status"]) == (202, "queued")
    assert ask("owner", "POST", f"jobs/{job['id']}/retry", {}).status_code == 409


def test_a_running_job_says_how_far_it_is(ask: Ask, job: dict[str, Any]) -> None:
    run = running.claim(selectors.beginning(job["id"]).pk)
    assert run is not None
    run.report(progress=0.5, message="linear", log="Snapshot")
    shown = ask("viewer", "GET", f"jobs/{job['id']}").json()
    assert (shown["status"], shown["progress"], shown["message"], shown["log"]) == (
        "running",
        0.5,
        "linear",
        "Snapshot\n",
    )


@pytest.mark.parametrize("who", ["stranger", "elsewhere"])
def test_a_job_does_not_exist_for_who_may_not_see_its_endpoint(
    ask: Ask, job: dict[str, Any], who: str
) -> None:
    missing = ask(who, "GET", f"jobs/{NOBODYS}").json()
    assert ask(who, "GET", "jobs").json() == {"jobs": []}
    assert ask(who, "GET", f"jobs/{job['id']}").json() == missing
    for verb in ("cancel", "retry"):
        assert ask(who, "POST", f"jobs/{job['id']}/{verb}", {}).status_code == 404
    assert ask(who, "POST", "endpoints/purchase/builds", {}).status_code == 404
    assert Job.objects.get().status == "queued"


def test_a_job_without_an_endpoint_is_its_team_s(ask: Ask, job: dict[str, Any]) -> None:
    services.ask(kind="slow", team=ensure_team(slug="lending"))
    assert len(ask("viewer", "GET", "jobs").json()["jobs"]) == 2


@pytest.mark.parametrize("who", ["viewer", "member"])
def test_only_who_may_promote_asks_cancels_and_retries(ask: Ask, job: dict[str, Any], who: str) -> None:
    for path in (f"jobs/{job['id']}/cancel", f"jobs/{job['id']}/retry", "endpoints/purchase/builds"):
        assert ask(who, "POST", path, {}).status_code == 403


def test_an_id_that_is_none_is_no_job_s(ask: Ask, job: dict[str, Any]) -> None:
    for identity in ("7", NOBODYS, job["id"].replace("-", "")):
        assert ask("viewer", "GET", f"jobs/{identity}").status_code == 404


def test_a_body_that_does_not_fit_asks_for_nothing(ask: Ask, version: Version) -> None:
    bodies: list[Any] = [{"promote": "yes"}, {"trials": 3}, []]
    for body in bodies:
        assert ask("owner", "POST", "endpoints/purchase/builds", body).status_code == 422
    assert not Job.objects.exists()
