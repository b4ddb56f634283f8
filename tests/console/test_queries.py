"""A page asks the database as often for many endpoints as for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flyball.console.pages.home import NEEDED
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import running
from flyball.control.jobs import services as jobs
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Build, Version
from flyball.control.routing.models import Outcome, RouteRevision
from flyball.control.schedules.models import Schedule
from flyball.domain.records import now
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
PATHS = (
    "/",
    "/builds",
    "/jobs",
    "/schedules",
    "/endpoints/purchase",
    "/endpoints/purchase/tables",
    "/endpoints/purchase/snapshots",
    "/endpoints/purchase/snapshots/latest",
    "/endpoints/purchase/versions",
    "/endpoints/purchase/revisions",
    "/endpoints/purchase/traffic",
    "/endpoints/purchase/versions/1",
    "/endpoints/purchase/versions/1/archive",
    "/endpoints/purchase/versions/1/diagnostics",
    "/endpoints/purchase/versions/1/card",
    "/endpoints/purchase/backtests",
    "/endpoints/purchase/builds",
    "/endpoints/purchase/builds/{build}",
    "/endpoints/purchase/promote/1",
    "/endpoints/purchase/rollback",
    "/jobs/{job}",
    "/search?q=more",
    "/search?q=r@champion",
)


@pytest.fixture
def another(promoted: Version) -> Callable[[str], None]:
    """``another(name)``: an endpoint that has what ``purchase`` has, and a job that failed."""

    def another(name: str) -> None:
        first = Endpoint.objects.get(name="purchase")
        made = Endpoint.objects.create(name=name, team=first.team, task=first.task, description="")
        route = RouteRevision.objects.get(endpoint=first)
        document = {**route.document, "endpoint": name}
        RouteRevision.objects.create(endpoint=made, number=1, kind=route.kind, document=document, reason="")
        Version.objects.create(endpoint=made, number=1, manifest=promoted.manifest, facts=promoted.facts)
        Schedule.objects.create(endpoint=made, name="nightly", kind="build", times="0 2 * * *", fault="It.")
        Outcome.objects.create(
            endpoint=name, state="held", reference="r", value="yes", source="api", received_at=now()
        )
        for _ in range(3):
            run = running.claim(jobs.ask(kind="snapshot", team=first.team, endpoint=made).pk)
            assert run is not None
            running.fail(run, "The rows are wrong.", can_pass=False)
        jobs.ask(kind="snapshot", team=first.team, endpoint=made)

    return another


@pytest.mark.parametrize("path", PATHS)
def test_many_endpoints_take_no_more_queries_than_one(
    browser: Browser, another: Callable[[str], None], path: str
) -> None:
    client: Any = browser("owner")
    another("first")
    path = path.format(build=Build.objects.get().pk, job=Job.objects.earliest("id").pk)
    client.get(path)  # what is asked once a process
    with CaptureQueriesContext(connection) as few:
        page = client.get(path).content.decode()
    for number in range(20):  # with four jobs each: more than a page of them
        another(f"more-{number}")
    with CaptureQueriesContext(connection) as many:
        page = client.get(path).content.decode()
    assert len(many) == len(few)
    if path == "/":
        assert page.count("Its last snapshot failed: The rows are wrong.") == NEEDED
