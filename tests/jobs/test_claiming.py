"""One worker at a time: claims, leases, and writes of those that come too late."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections

from flyball.control.jobs import running, selectors, services
from flyball.control.jobs.carrying import carry_out
from flyball.control.jobs.models import Job
from flyball.control.jobs.running import Run
from flyball.domain.errors import JobLost
from flyball.domain.records import now
from tests.jobs.work.models import Effect
from tests.jobs.workers import ask

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]
MANY = 8


def claim(job: UUID) -> Run | None:
    try:
        return running.claim(job)
    finally:
        connections.close_all()


def taken(kind: str = "slow") -> Run:
    run = running.claim(ask(kind).pk)
    assert run is not None
    return run


def let_the_lease_end(run: Run, **values: int) -> None:
    Job.objects.filter(pk=run.id).update(lease_until=now() - timedelta(seconds=1), **values)


@pytest.mark.parametrize("attempt", range(5))
def test_of_all_who_claim_a_job_at_once_one_gets_it(attempt: int) -> None:
    job = ask("slow")
    with ThreadPoolExecutor(MANY) as pool:
        runs = [run for run in pool.map(claim, [job.pk] * MANY) if run is not None]
    assert [(run.attempt, run.token) for run in runs] == [(1, 1)]
    job.refresh_from_db()
    assert (job.status, job.attempt, job.token) == ("running", 1, 1)


def test_a_job_is_not_claimed_before_it_is_due() -> None:
    job = ask("slow")
    Job.objects.filter(pk=job.pk).update(due_at=now() + timedelta(hours=1))
    assert running.claim(job.pk) is None


def test_a_job_whose_lease_ended_is_another_worker_s() -> None:
    first = taken()
    assert running.claim(first.id) is None
    let_the_lease_end(first)
    second = running.claim(first.id)
    assert second is not None
    assert (second.attempt, second.token) == (2, first.token + 1)


WRITES: list[Callable[[Run], object]] = [
    lambda run: run.report(progress=0.5, message="late"),
    lambda run: run.report(log="late"),
    lambda run: run.keep(late=True),
    lambda run: run.got_on(),
    lambda run: running.renew(run),
    lambda run: running.succeed(run, {"late": True}),
    lambda run: running.fail(run, "late", can_pass=True),
    lambda run: running.fail(run, "late", can_pass=False),
    lambda run: running.cancelled(run),
    lambda run: running.release(run),
    lambda run: running.is_wanted(run),
    lambda run: running.resume(run.id, run.token),
]


@pytest.mark.parametrize("write", WRITES)
def test_what_a_worker_writes_that_has_lost_its_job_changes_nothing(write: Callable[[Run], object]) -> None:
    late = taken()
    let_the_lease_end(late)
    assert running.claim(late.id) is not None
    before = Job.objects.filter(pk=late.id).values().get()
    with pytest.raises(JobLost):
        write(late)
    assert Job.objects.filter(pk=late.id).values().get() == before


def test_what_a_job_does_in_the_transaction_of_its_end_is_undone_where_it_is_lost() -> None:
    from tests.jobs.work.services import effect

    late = taken("mark")
    let_the_lease_end(late)
    assert running.claim(late.id) is not None
    with pytest.raises(JobLost):
        effect(late)
    assert not Effect.objects.exists()


def test_a_job_whose_worker_died_at_its_last_attempt_has_failed() -> None:
    run = taken()
    let_the_lease_end(run, attempt=3)
    assert running.claim(run.id) is None
    running.expire()
    job = selectors.job(run.id)
    assert (job.status, job.error) == ("failed", running.DIED)


def test_a_cancelled_job_whose_worker_died_is_cancelled() -> None:
    run = taken()
    let_the_lease_end(run)
    Job.objects.filter(pk=run.id).update(cancel_requested_at=now())
    assert running.claim(run.id) is None
    running.expire()
    assert selectors.job(run.id).status == "cancelled"


def test_a_job_that_is_renewed_does_not_expire() -> None:
    run = taken()
    let_the_lease_end(run, attempt=3)
    running.renew(run)
    running.expire()
    assert selectors.job(run.id).status == "running"


def test_what_can_pass_is_tried_again_later_each_time_twice_as_late() -> None:
    job = ask("slow")
    waits = []
    for _ in range(2):
        run = running.claim(job.pk)
        assert run is not None
        before = now()
        running.fail(run, "busy", can_pass=True)
        job.refresh_from_db()
        assert (job.status, job.error, job.published_at) == ("queued", "busy", None)
        waits.append(round((job.due_at - before).total_seconds()))
        Job.objects.filter(pk=job.pk).update(due_at=now())
    assert waits == [5, 10]
    last = running.claim(job.pk)
    assert last is not None
    running.fail(last, "busy", can_pass=True)
    assert selectors.job(job.pk).status == "failed"


def test_only_attempts_that_do_not_get_on_are_counted_and_waited_for() -> None:
    job = ask("slow")
    waits = []
    for gets_on in (False, True, False, False):
        run = running.claim(job.pk)
        assert run is not None
        if gets_on:
            run.got_on()
        before = now()
        running.fail(run, "busy", can_pass=True)
        job.refresh_from_db()
        waits.append(round((job.due_at - before).total_seconds()))
        Job.objects.filter(pk=job.pk, status="queued").update(due_at=now())
    assert waits[:3] == [5, 5, 10]
    assert (job.status, job.attempt, job.attempts) == ("failed", 4, 4)
    again = services.retry(job=job)
    assert (again.status, again.attempt, again.attempts) == ("queued", 0, 3)


def test_a_job_that_is_given_back_has_lost_no_attempt() -> None:
    run = taken()
    running.release(run)
    job = selectors.job(run.id)
    assert (job.status, job.attempt) == ("queued", 0)
    assert running.claim(run.id) is not None


def test_overload_is_tried_again_and_wrong_data_are_not() -> None:
    busy, refused = ask("busy"), ask("refused")
    for job in (busy, refused):
        carry_out(job.pk)
    busy.refresh_from_db()
    refused.refresh_from_db()
    assert (busy.status, busy.attempt) == ("queued", 1)
    assert (refused.status, refused.error) == ("failed", "The rows are wrong.")


def test_a_result_that_json_does_not_have_is_a_mistake_of_the_job_s() -> None:
    job = ask("odd")
    carry_out(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempt) == ("failed", 1)
    assert "TypeError" in job.error


def test_a_message_that_comes_twice_does_a_job_once() -> None:
    job = ask("mark")
    carry_out(job.pk)
    carry_out(job.pk)
    assert Effect.objects.filter(job=job.pk).count() == 1


def test_a_job_of_a_kind_that_is_not_known_here_fails() -> None:
    job = ask("slow")
    Job.objects.filter(pk=job.pk).update(kind="gone")
    carry_out(job.pk)
    job.refresh_from_db()
    assert job.status == "failed"
    assert "no such kind" in job.error


def test_an_error_that_cites_half_a_surrogate_is_written_down() -> None:
    job = ask("garbled")
    carry_out(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error) == ("failed", "No number: \\ud800")


def test_a_log_takes_half_a_surrogate() -> None:
    run = taken()
    run.report(log="No number: \ud800", message="No number: \ud800\x00")
    job = Job.objects.get(pk=run.id)
    assert (job.log, job.message) == ("No number: \\ud800\n", "No number: \\ud800")


def test_a_log_keeps_its_end() -> None:
    run = taken()
    run.report(log="first")
    run.report(log="x" * running.LONGEST_LOG)
    run.report(log="last\x00")
    log = selectors.job(run.id).log
    assert len(log) == running.LONGEST_LOG
    assert log.endswith("x\nlast\n")
