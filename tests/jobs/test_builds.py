"""Snapshots and builds as jobs: what they do, and what becomes of one whose worker ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flyball.control.datasets.models import Snapshot
from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.services import record
from flyball.control.jobs import services
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Build, Version
from flyball.control.routing.selectors import champion
from flyball.stores.database import Database
from tests.jobs.workers import carried_out
from tests.registry import small


@pytest.fixture(autouse=True)
def declared(database: Database, tmp_path: Path) -> None:
    """``purchase``, applied."""
    record(declaration=small.declare(small.write_csv(tmp_path / "rows.csv")))


def asked(kind: str, **arguments: Any) -> Job:
    endpoint = endpoints.endpoint("purchase")
    return services.ask(kind=kind, team=endpoint.team, endpoint=endpoint, arguments=arguments)


def test_a_snapshot_is_taken() -> None:
    job = carried_out(asked("snapshot"))
    taken = Snapshot.objects.get()
    assert job.result == {"digest": taken.digest, "rows": 60, "outcomes": 0}
    assert "Reading rows" in job.log


def test_a_build_registers_its_winner_and_promotes_it_only_where_that_is_asked_for() -> None:
    job = carried_out(asked("build"))
    build, version = Build.objects.get(), Version.objects.get()
    assert (job.status, job.error) == ("succeeded", "")
    assert job.result == {
        "build": build.pk,
        "snapshot": Snapshot.objects.get().digest,
        "version": version.number,
        "promoted": False,
    }
    assert build.arguments == {"job": str(job.pk)}
    assert champion("purchase") is None


def test_a_build_s_version_is_promoted_by_the_rules_of_promotion() -> None:
    first = carried_out(asked("build", promote=True))
    assert first.result["promoted"]
    assert champion("purchase") == Version.objects.get()


def test_a_build_is_made_of_the_snapshot_that_is_named() -> None:
    digest = carried_out(asked("snapshot")).result["digest"]
    assert carried_out(asked("build", snapshot=digest)).result["snapshot"] == digest
    missing = carried_out(asked("build", snapshot="0" * 64))
    assert missing.status == "failed"
    assert "no such snapshot" in missing.error


def test_a_build_that_has_succeeded_is_not_run_again_and_registered_once() -> None:
    job = carried_out(asked("build"))
    Job.objects.filter(pk=job.pk).update(status="failed")  # as if its worker had died just before the end
    again = carried_out(services.retry(job=job))
    assert (again.status, again.result) == ("succeeded", job.result)
    assert Build.objects.count() == Version.objects.count() == 1


def test_an_endpoint_that_is_declared_no_more_is_a_matter_of_its_job() -> None:
    from flyball.domain import declaration

    job = asked("build")
    (own,) = [each for each in declaration.declared() if each.name == "purchase"]
    declaration.forget(own)
    assert carried_out(job).status == "failed"
