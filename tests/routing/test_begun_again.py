"""What a build's job does exactly once, though it is begun again after its worker has died."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flyball.control.declarations import selectors as endpoints
from flyball.control.jobs import running, services
from flyball.control.jobs.models import Job
from flyball.control.jobs.running import Run
from flyball.control.routing import building, selectors
from flyball.control.routing.services import rollback
from flyball.domain.records import now
from flyball.stores.database import Database
from tests.routing.purchase import applied, promote

pytestmark = pytest.mark.storage


def claimed(job: Job) -> Run:
    """The next attempt; whoever had the job is dead."""
    Job.objects.filter(pk=job.pk).update(lease_until=now() - timedelta(seconds=1))
    run = running.claim(job.pk)
    assert run is not None
    return run


def test_a_promotion_that_was_rolled_back_meanwhile_is_not_made_again(
    tmp_path: Path, database: Database
) -> None:
    promote(applied(tmp_path))
    applied_endpoint = endpoints.endpoint("purchase")
    asked = {"candidate": "linear", "promote": True, "yes": True}
    job = services.ask(kind="build", team=applied_endpoint.team, endpoint=applied_endpoint, arguments=asked)
    first = building.carry_out(
        claimed(job), candidate="linear", promote=True, yes=True
    )  # and there its worker died
    rollback(endpoint="purchase")
    numbers = [each.number for each in selectors.revisions("purchase")]
    second = building.carry_out(claimed(job), candidate="linear", promote=True, yes=True)
    assert [each.number for each in selectors.revisions("purchase")] == numbers
    assert second == first == {"promoted": True}
