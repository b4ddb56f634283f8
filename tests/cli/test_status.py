"""One page that says how everything stands, and by its exit code whether somebody has to look."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from flyball.control.declarations import selectors as declarations
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import running, services
from flyball.control.jobs.models import Job
from flyball.control.routing.models import Outcome
from flyball.control.schedules.models import Schedule, ScheduledRun
from flyball.domain.records import now
from flyball.stores import failures, minutes
from flyball.stores.database import Database
from flyball.stores.failures import Failure
from flyball.stores.minutes import Count
from tests.cli.conftest import Typed

pytestmark = pytest.mark.storage


def ask(kind: str = "snapshot") -> Job:
    """A job of ``purchase``."""
    applied = declarations.endpoint("purchase")
    return services.ask(kind=kind, team=applied.team, endpoint=applied)


def end(job: Job, error: str = "") -> None:
    """A worker takes a job, and it ends."""
    run = running.claim(job.pk)
    assert run is not None
    if error:
        running.fail(run, error, can_pass=False)
    else:
        running.succeed(run)


def codes(typed: Typed, exits: int = 1) -> list[tuple[str | None, str]]:
    """What needs attention."""
    found = typed.json("status", exits=exits)["attention"]
    return [(each["endpoint"], each["code"]) for each in found]


def count(database: Database, name: str, *, minutes_ago: int = 0, times: int = 1) -> None:
    """Count something of ``purchase``."""
    minute = minutes.minute_of(now()) - minutes_ago
    with closing(database.connect()) as connection, database.transaction(connection):
        minutes.add(database, connection, {Count(minute, "purchase", 1, "champion", name): times})


def test_with_no_endpoint_all_is_well(typed: Typed) -> None:
    assert typed.json("status") == {"endpoints": [], "attention": []}
    assert "All is well." in typed("status").stdout


def test_an_endpoint_without_a_champion_is_named(typed: Typed, applied: Callable[..., Any]) -> None:
    applied()
    assert codes(typed) == [("purchase", "no_champion")]
    assert "flyball build purchase --promote" in typed("status", exits=1).stdout
    end(ask(), "The rows are wrong.")
    assert codes(typed) == [("purchase", "no_champion"), ("purchase", "job_failed")]
    Endpoint.objects.update(retired_at=now())
    assert codes(typed, exits=0) == []


def test_an_endpoint_that_answers_stands_on_the_page(typed: Typed, champion: str, database: Database) -> None:
    count(database, "answers", times=1200)
    count(database, "answers", minutes_ago=61, times=7)
    count(database, "refused", minutes_ago=59, times=2)
    for seconds in (20, 10):
        moment = now() - timedelta(seconds=seconds)
        Outcome.objects.create(
            endpoint=champion, state="held", reference="r", value="yes", source="api", received_at=moment
        )
    waiting = ask()
    (found,) = typed.json("status")["endpoints"]
    assert (found["champion"], found["build_status"]) == (1, "succeeded")
    assert (found["answers"], found["refused"], found["failed"]) == (1200, 2, 0)
    assert found["jobs"] == {"queued": 1}
    assert found["outcome_at"].startswith(f"{moment:%Y-%m-%d %H:%M:%S}")
    text = typed("status").stdout
    assert "1,200 answers" in text
    assert "1 queued" in text
    end(waiting)
    assert typed.json("status")["endpoints"][0]["jobs"] == {}


def test_a_failed_job_needs_attention_until_a_later_one_succeeds(typed: Typed, champion: str) -> None:
    end(ask())
    failing = ask()
    end(failing, "The rows are wrong.")
    assert codes(typed) == [(champion, "job_failed")]
    text = typed("status", exits=1).stdout
    assert "Its last snapshot failed: The rows are wrong." in text
    assert str(failing.pk) in text
    services.cancel(job=ask())
    assert codes(typed) == [(champion, "job_failed")]  # which proves nothing
    end(ask("build"))
    assert codes(typed) == [(champion, "job_failed")]  # of another kind
    end(ask())
    assert codes(typed, exits=0) == []


def test_jobs_that_no_worker_takes_need_attention(typed: Typed, champion: str) -> None:
    ask()
    long_ago = now() - timedelta(seconds=61)
    assert codes(typed, exits=0) == []
    Job.objects.update(due_at=long_ago)
    assert codes(typed) == [(None, "no_worker")]
    Job.objects.update(published_at=now())
    assert codes(typed, exits=0) == []
    Job.objects.update(status="running", lease_until=long_ago)
    assert codes(typed) == [(None, "no_worker")]


def test_calls_that_failed_in_the_last_hour_need_attention(
    typed: Typed, champion: str, database: Database
) -> None:
    count(database, "failed", minutes_ago=61)
    assert codes(typed, exits=0) == []
    count(database, "failed", times=3)
    assert codes(typed) == [(champion, "calls_failed")]


def test_a_version_that_its_fallback_answers_for_needs_attention(
    typed: Typed, champion: str, database: Database
) -> None:
    count(database, "fell_back", minutes_ago=61)
    assert codes(typed, exits=0) == []
    count(database, "fell_back", times=3)
    assert codes(typed) == [(champion, "fallback_answers")]
    said = "purchase: Version 1 failed 3 rows in the last hour; its fallback answered them."
    assert said in typed("status", exits=1).stdout


def test_a_version_that_a_process_did_not_load_needs_attention(
    typed: Typed, champion: str, database: Database, connection: Any
) -> None:
    failure = Failure(
        endpoint=champion, version=1, code="golden_mismatch", sentence="Not its golden answers.", since=now()
    )
    failures.write(database, connection, uuid4(), "web-1", [failure], now())
    assert codes(typed) == [(champion, "not_loaded")]
    said = "purchase: @1 does not load on web-1: Not its golden answers. Promote another, or go back"
    assert said in typed("status", exits=1).stdout
    Endpoint.objects.update(retired_at=now())
    assert codes(typed, exits=0) == []


def test_a_scheduled_job_that_failed_is_said_to_be_of_its_schedule(typed: Typed, champion: str) -> None:
    schedule = Schedule.objects.create(
        endpoint_id=champion, name="nightly", kind="snapshot", times="0 2 * * *"
    )
    job = ask()
    ScheduledRun.objects.create(schedule=schedule, due_at=now(), job=job)
    end(job, "The rows are wrong.")
    assert codes(typed) == [(champion, "job_failed")]
    assert "Its last snapshot, of the schedule nightly, failed" in typed("status", exits=1).stdout


def test_schedules_that_make_no_runs_need_attention(typed: Typed, champion: str) -> None:
    schedule = Schedule(endpoint_id=champion, name="nightly", kind="snapshot", times="0 2 * * *")
    schedule.next_due_at = now() - timedelta(seconds=50)
    schedule.save()
    assert codes(typed, exits=0) == []
    Schedule.objects.update(next_due_at=now() - timedelta(seconds=61))
    assert codes(typed) == [(champion, "schedule_late")]
    Schedule.objects.update(next_due_at=None, fault="There is no such zone.")
    assert codes(typed) == [(champion, "schedule_failing")]
    Schedule.objects.update(fault="")  # paused
    assert codes(typed, exits=0) == []
