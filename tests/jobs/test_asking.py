"""What those who ask can do: ask, cancel, ask again; and what is taken out in the end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

import flyball
from flyball.control.accounts.services import ensure_team
from flyball.control.declarations.models import Endpoint
from flyball.control.declarations.services import record
from flyball.control.jobs import kinds, running, selectors, services
from flyball.control.jobs.kinds import Kind
from flyball.control.jobs.models import Job
from flyball.domain.errors import Conflict, InvalidInput, NotFound
from flyball.domain.records import now
from tests.jobs.workers import ask
from tests.registry import small

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]

ASKING = 6


def claimed(kind: str = "slow") -> tuple[Job, running.Run]:
    job = ask(kind)
    run = running.claim(job.pk)
    assert run is not None
    return job, run


def test_a_job_is_asked_for_in_the_caller_s_own_transaction() -> None:
    with transaction.atomic():
        ask("slow")
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_a_job_has_its_kind_s_queue_and_attempts() -> None:
    job = ask("busy")
    assert (job.queue, job.attempts, job.status) == ("default", 2, "queued")


def test_an_unknown_kind_is_named_with_those_that_there_are() -> None:
    with pytest.raises(NotFound, match="build"):
        ask("nothing")


def test_two_kinds_have_two_names_and_a_queue_that_there_is() -> None:
    with pytest.raises(ValueError, match="another kind"):
        kinds.register(Kind(name="slow", queue="default", service="elsewhere"))
    with pytest.raises(ValueError, match="a queue is one of"):
        kinds.register(Kind(name="new", queue="elsewhere", service="elsewhere"))


def test_a_job_that_waits_is_cancelled_at_once() -> None:
    job = services.cancel(job=ask("slow"))
    assert job.status == "cancelled"
    assert job.finished_at is not None
    assert running.claim(job.pk) is None


def test_a_job_that_runs_is_to_end_and_keeps_the_moment_when_that_was_asked_first() -> None:
    job, run = claimed()
    first = services.cancel(job=job).cancel_requested_at
    assert services.cancel(job=job).cancel_requested_at == first
    assert not running.is_wanted(run)
    running.fail(run, "it was ended", can_pass=True)
    assert selectors.job(job.pk).status == "cancelled"


def test_a_job_that_has_ended_is_not_cancelled() -> None:
    job, run = claimed()
    running.succeed(run)
    with pytest.raises(Conflict, match="succeeded"):
        services.cancel(job=job)


def test_a_job_that_failed_is_asked_again_with_all_its_attempts_and_what_it_has_kept() -> None:
    job, run = claimed()
    run.keep(build=7)
    running.fail(run, "wrong", can_pass=False)
    again = services.retry(job=job)
    assert (again.status, again.attempt, again.error, again.result) == ("queued", 0, "", {"build": 7})
    second = running.claim(job.pk)
    assert second is not None
    assert second.token > run.token


def test_only_what_failed_or_was_cancelled_is_asked_again() -> None:
    with pytest.raises(Conflict, match="queued"):
        services.retry(job=ask("slow"))


def test_jobs_that_ended_long_ago_are_taken_out() -> None:
    old, run = claimed()
    running.succeed(run)
    Job.objects.filter(pk=old.pk).update(finished_at=now() - timedelta(days=91))
    young, run = claimed()
    running.succeed(run)
    waiting = ask("slow")
    assert services.prune() == 1
    assert set(Job.objects.values_list("pk", flat=True)) == {young.pk, waiting.pk}


def test_very_many_jobs_are_taken_out_by_and_by() -> None:
    team = ensure_team(slug="lending")
    ended = {"kind": "slow", "queue": "default", "attempts": 1, "team": team, "status": "failed"}
    long_ago = now() - timedelta(days=91)
    Job.objects.bulk_create(Job(**ended, finished_at=long_ago) for _ in range(2 * services.PAGE + 1))
    with CaptureQueriesContext(connection) as queries:
        assert services.prune() == 2 * services.PAGE + 1
    begun = [each for each in queries if each["sql"].startswith("BEGIN")]
    assert len(begun) == 3
    assert not Job.objects.exists()


def test_a_job_is_found_by_the_beginning_of_its_id() -> None:
    job = ask("slow")
    assert selectors.beginning(str(job.pk)[:18]) == job
    assert selectors.beginning(str(job.pk)) == job
    with pytest.raises(NotFound, match="no job"):
        selectors.beginning("ffff")
    ask("slow")
    with pytest.raises(NotFound, match="more than one"):
        selectors.beginning("0")


def test_jobs_are_listed_by_a_status_that_there_is() -> None:
    job = ask("slow")
    assert list(selectors.jobs(status="queued")) == [job]
    assert list(selectors.jobs(endpoint="elsewhere")) == []
    with pytest.raises(InvalidInput):
        selectors.jobs(status="lost")


@pytest.fixture
def purchase(tmp_path: Path) -> Endpoint:
    """An endpoint, applied."""
    return record(declaration=small.declare(small.write_csv(tmp_path / "rows.csv")))


def test_of_all_who_ask_for_the_same_at_once_one_makes_the_job(purchase: Endpoint) -> None:
    together = threading.Barrier(ASKING)

    def ask_too(number: int) -> tuple[UUID, bool]:
        together.wait()
        try:
            job, is_new = services.ask_once(kind="build", endpoint=purchase, arguments={"promote": True})
            return job.pk, is_new
        finally:
            connections.close_all()

    with ThreadPoolExecutor(ASKING) as pool:
        asked = list(pool.map(ask_too, range(ASKING)))
    assert len({identity for identity, _ in asked}) == 1
    assert [is_new for _, is_new in asked].count(True) == 1


def test_what_is_under_way_is_not_asked_for_again_and_what_has_ended_is(purchase: Endpoint) -> None:
    first = flyball.build("purchase", promote=True)
    run = running.claim(first.pk)
    assert run is not None
    assert flyball.build("purchase", promote=True) == first
    assert flyball.build("purchase") != first
    assert flyball.build("purchase", promote=True, again=True) != first
    services.cancel(job=first)
    other = flyball.build("purchase", promote=True)
    assert other != first
    assert other.arguments == {"promote": True}


def test_a_job_that_is_put_off_does_not_answer_who_asks_now(purchase: Endpoint) -> None:
    later = services.ask(
        kind="build", team=purchase.team, endpoint=purchase, due_at=now() + timedelta(hours=1)
    )
    assert flyball.build("purchase") != later
