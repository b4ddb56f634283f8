"""Jobs of shadows are asked for where something waits, one at a time, by one of all dispatchers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection as django

from flyball.control.jobs import kinds
from flyball.control.jobs.models import Job
from flyball.control.shadows import making, services
from flyball.domain.records import now
from flyball.stores.database import Database
from tests import published
from tests.shadows.conftest import Record, people, tell, told

pytestmark = pytest.mark.storage
SOON = now() + timedelta(days=1)


def asked() -> list[dict[str, int]]:
    """What jobs were asked for."""
    return list(Job.objects.filter(kind="shadow").order_by("id").values_list("arguments", flat=True))


def test_without_predictions_there_is_no_job(shadow: Database) -> None:
    making.make_due(SOON)
    assert asked() == []


def test_what_has_just_come_waits_for_more(shadow: Database, record: Record) -> None:
    record(people(1))
    making.make_due(now())
    assert asked() == []


def test_one_job_is_asked_for_however_often_somebody_looks(shadow: Database, record: Record) -> None:
    record(people(3))
    for _ in range(3):
        making.make_due(SOON)
    assert asked() == [{"version": 2}]


def test_the_one_that_waits_longest_comes_first_and_then_the_other(shadow: Database, record: Record) -> None:
    published.store(shadow, version=3)
    services.add_shadow(endpoint="triage", version=3)
    record(people(3))
    making.make_due(SOON)
    Job.objects.update(status=Job.Status.FAILED, finished_at=SOON)
    making.make_due(SOON)
    assert asked() == [{"version": 2}, {"version": 3}]


def test_after_a_failure_a_minute_passes(shadow: Database, record: Record) -> None:
    record(people(3))
    making.make_due(SOON)
    Job.objects.update(status=Job.Status.FAILED, finished_at=SOON)
    making.make_due(SOON + timedelta(seconds=50))
    assert len(asked()) == 1
    making.make_due(SOON + timedelta(seconds=70))
    assert len(asked()) == 2


def test_where_others_wait_for_processors_five_minutes_pass(
    shadow: Database, record: Record, pressure: Callable[[float], None]
) -> None:
    record(people(3))
    pressure(90.0)
    making.make_due(SOON)
    Job.objects.update(status=Job.Status.SUCCEEDED, finished_at=SOON)
    making.make_due(SOON + timedelta(seconds=290))
    assert not Job.objects.filter(status="queued").exists()
    making.make_due(SOON + timedelta(seconds=310))
    assert Job.objects.filter(status="queued").exists()
    Job.objects.update(status=Job.Status.SUCCEEDED, finished_at=SOON)
    pressure(1.0)
    making.make_due(SOON)
    assert Job.objects.filter(status="queued").exists()


def test_of_jobs_that_ended_well_the_last_one_stays(shadow: Database, record: Record) -> None:
    record(people(3))
    for _ in range(3):
        making.make_due(SOON)
        Job.objects.filter(status="queued").update(status=Job.Status.SUCCEEDED, finished_at=SOON)
    assert len(asked()) == 1


def test_an_outcome_that_has_come_is_something_to_do(shadow: Database, record: Record) -> None:
    from flyball.control.shadows.models import Shadow
    from flyball.domain.records import first_id

    made = record(people(3))
    Shadow.objects.update(cursor=first_id(now() + timedelta(seconds=1)))
    making.make_due(SOON)
    assert asked() == []
    tell(shadow, made, lambda each: "ill")
    making.make_due(SOON)
    assert asked() == [{"version": 2}]


def test_a_retired_endpoint_asks_for_none(shadow: Database, record: Record) -> None:
    from flyball.control.declarations.models import Endpoint

    record(people(3))
    Endpoint.objects.update(retired_at=now())
    making.make_due(SOON)
    assert asked() == []


def test_why_its_last_job_failed_is_shown(shadow: Database, record: Record) -> None:
    record(people(3))
    making.make_due(SOON)
    Job.objects.update(status=Job.Status.FAILED, finished_at=SOON, error="It needed more memory.")
    assert (told()["failed_jobs"], told()["fault"]) == (1, "It needed more memory.")


def test_its_process_yields_to_all_others() -> None:
    assert kinds.find("shadow").is_heavy
    assert kinds.find("shadow").is_yielding
    assert django.vendor in {"sqlite", "postgresql"}
