"""Real workers, killed and told to end, with every broker that there is here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F
from kombu.connection import Connection

from flyball.config import Config
from flyball.control.jobs import selectors, services
from flyball.control.jobs.dispatching import Dispatcher, Unpublished
from flyball.control.jobs.models import Job
from flyball.control.jobs.worker import celery_app, publish
from flyball.domain.records import now
from flyball.stores.database import Database
from tests.jobs.work.models import Effect
from tests.jobs.workers import ROOT, ask, ended, kill, lives, running, start, surroundings, until, worker
from tests.shell import PATIENCE

pytestmark = [pytest.mark.storage, pytest.mark.journey]
MANY = 100
KILLS = 3
LEASES = 6
"""Together they are longer than one."""


@pytest.fixture(params=["memory", "redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings that name a broker."""
    if request.param == "memory":
        return {}
    name = f"FLYBALL_TEST_{request.param.upper()}"
    if not os.environ.get(name):
        pytest.skip(f"{name} names none")
    with Connection(os.environ[name]) as connection:
        connection.ensure_connection(max_retries=1, timeout=10)  # else a worker would try for ever
    return {"FLYBALL_BROKER_URL": os.environ[name]}


def progress_of(before: int) -> None:
    """Wait until more jobs are done than ``before``, or all are."""
    until(lambda: Effect.objects.count() > before or before == MANY)


def other_lease(job: Job, before: object) -> object:
    """The end of the job's lease, once that is another one."""
    until(lambda: selectors.job(job.pk).lease_until != before)
    return selectors.job(job.pk).lease_until


def test_a_hundred_jobs_are_each_done_once_though_workers_are_killed(
    database: Database, broker: dict[str, str]
) -> None:
    jobs = [ask("mark") for _ in range(MANY)]
    for _ in range(KILLS):
        process = start(database, **broker)
        progress_of(Effect.objects.count())
        kill(process)
        # What was in the dead worker's hands is not waited for: a message is lost as much as it can be.
        Job.objects.filter(status=Job.Status.QUEUED).update(published_at=None)
    with worker(database, **broker):
        until(lambda: not selectors.jobs().exclude(status=Job.Status.SUCCEEDED).exists())
    done = Counter(Effect.objects.values_list("job", flat=True))
    assert done == dict.fromkeys((job.pk for job in jobs), 1)


def test_a_job_whose_worker_is_killed_is_done_by_another_one(
    database: Database, broker: dict[str, str]
) -> None:
    job = ask("slow")
    process = start(database, **broker)
    running(job)
    kill(process)
    with worker(database, **broker):
        done = ended(job)
    assert (done.status, done.attempt, done.result) == ("succeeded", 2, {"attempt": 2})
    assert done.progress == 1


def test_a_broker_that_is_away_is_a_matter_of_the_dispatcher_alone(database: Database) -> None:
    job, left = ask("mark"), ask("slow")
    own = Job.objects.filter(pk=left.pk)
    own.update(status=Job.Status.RUNNING, attempt=3, lease_until=now() - timedelta(seconds=1))
    away = celery_app(Config(home=Path(), database_url=database.url, broker_url="redis://127.0.0.1:1/0"))
    with pytest.raises(Unpublished):
        publish(away, job)
    tried = threading.Event()

    def fail(job: Job) -> None:
        tried.set()
        raise Unpublished("nobody is there")

    dispatcher = Dispatcher(["default"], fail)
    dispatcher.begin()
    dispatcher.start()
    assert tried.wait(PATIENCE)
    assert ended(left).status == "failed"  # its worker died at its last attempt
    dispatcher.stop()
    dispatcher.join()
    job.refresh_from_db()
    assert (job.status, job.published_at) == ("queued", None)
    with worker(database):
        assert ended(job).status == "succeeded"


def test_a_hosts_own_celery_app_runs_jobs_that_a_busy_worker_has_published(database: Database) -> None:
    if not os.environ.get("FLYBALL_TEST_REDIS"):
        pytest.skip("FLYBALL_TEST_REDIS names none")
    broker = {"FLYBALL_BROKER_URL": os.environ["FLYBALL_TEST_REDIS"]}
    celery = ["celery", "-A", "tests.jobs.bank", "worker", "-Q", "flyball.default", "-P", "solo"]
    with worker(database, "--concurrency", "1", **broker):
        slow = running(ask("slow"))  # for ever: what is done is done by the host's
        host = subprocess.Popen(celery, cwd=ROOT, env=surroundings(database, **broker))
        jobs = [ask("mark") for _ in range(5)]
        until(lambda: Effect.objects.count() >= len(jobs) - 1)  # the busy one may hold a message
        host.terminate()
        assert host.wait(PATIENCE) == 0
        services.cancel(job=slow)
    assert not any(count > 1 for count in Counter(Effect.objects.values_list("job", flat=True)).values())


def test_a_worker_logs_each_job_under_its_id(database: Database, tmp_path: Path) -> None:
    jobs = [ask("mark"), ask("refused")]
    said = tmp_path / "log"
    with worker(database, log=str(said), FLYBALL_LOG_FORMAT="json"):
        states = [ended(job).status for job in jobs]
        until(lambda: said.read_text().count("\n") >= 2 * len(jobs))
    lines = [json.loads(line) for line in said.read_text().splitlines()]
    for job, state in zip(jobs, states, strict=True):
        begins, ends = [line for line in lines if line.get("job_id") == str(job.pk)]
        assert (begins["message"], begins["kind"], begins["attempt"]) == ("The job begins.", job.kind, 1)
        assert (ends["status"], ends["level"]) == (state, "WARNING" if state == "failed" else "INFO")
    assert "The rows are wrong" not in said.read_text()


def test_a_job_is_cancelled_with_all_that_it_started(database: Database, tmp_path: Path) -> None:
    job = ask("heavy", pids=str(tmp_path / "pids"))
    with worker(database):
        until((tmp_path / "pids").exists)
        processes = [int(each) for each in (tmp_path / "pids").read_text().split()]
        assert all(lives(each) for each in processes)
        services.cancel(job=job)
        assert ended(job).status == "cancelled"
        until(lambda: not any(lives(each) for each in processes))


def test_a_light_job_ends_where_it_reports_once_it_is_cancelled(database: Database) -> None:
    job = ask("slow")
    with worker(database):
        services.cancel(job=running(job))
        assert ended(job).status == "cancelled"


def test_what_a_heavy_job_started_ends_with_its_killed_worker(database: Database, tmp_path: Path) -> None:
    job = ask("heavy", pids=str(tmp_path / "pids"))
    process = start(database)
    until((tmp_path / "pids").exists)
    processes = [int(each) for each in (tmp_path / "pids").read_text().split()]
    kill(process)
    until(lambda: not any(lives(each) for each in processes))
    with worker(database):
        done = ended(job)
    assert (done.status, done.result) == ("succeeded", {"attempt": 2})


def test_a_worker_that_has_lost_a_job_ends_its_process_and_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    job = ask("heavy", pids=str(tmp_path / "pids"))
    own = Job.objects.filter(pk=job.pk)
    with worker(database, FLYBALL_DRAIN_SECONDS="600"):
        until((tmp_path / "pids").exists)
        processes = [int(each) for each in (tmp_path / "pids").read_text().split()]
        own.update(token=F("token") + 1, lease_until=now() + timedelta(hours=1))  # as another worker does
        taken = own.values().get()
        until(lambda: not any(lives(each) for each in processes))
    assert own.values().get() == taken


def test_a_worker_that_is_told_to_end_gives_back_what_it_cannot_finish(
    database: Database, tmp_path: Path
) -> None:
    job = ask("heavy", pids=str(tmp_path / "pids"))
    with worker(database):
        until((tmp_path / "pids").exists)
    job.refresh_from_db()
    assert (job.status, job.attempt) == ("queued", 0)
    services.cancel(job=job)


def test_a_job_over_its_memory_limit_fails_and_its_worker_lives(database: Database) -> None:
    large, effect = ask("large"), ask("mark")
    with worker(database, "--concurrency", "1"):
        done = ended(large)
        assert (done.status, done.error) == (
            "failed",
            "The job needed more memory than its limit of 300 MiB.",
        )
        assert ended(effect).status == "succeeded"


def test_a_job_over_its_time_limit_fails_and_its_log_has_what_it_printed(database: Database) -> None:
    job = ask("late")
    with worker(database):
        done = ended(job)
    assert (done.status, done.error) == ("failed", "The job took longer than its limit of 5 seconds.")
    assert "begun" in done.log


def test_a_light_job_ends_where_it_reports_once_its_time_is_over(database: Database) -> None:
    job = ask("slow_and_limited")
    with worker(database):
        done = ended(job)
    assert (done.status, done.error) == ("failed", "The job took longer than its limit of 1 seconds.")
    assert done.attempt == 1


@pytest.mark.parametrize(
    ("by", "says"),
    [
        (signal.SIGKILL, "was ended by signal 9 before the job was done."),
        (signal.SIGSEGV, "A library that gets no more memory may end so: its limit is 4096 MiB"),
    ],
)
def test_a_job_whose_process_is_killed_has_another_attempt(database: Database, by: int, says: str) -> None:
    job = ask("killed", by=int(by))
    with worker(database):
        until(lambda: says in selectors.job(job.pk).error)
        Job.objects.filter(pk=job.pk).update(due_at=job.due_at)  # no backoff
        assert ended(job).result == {"attempt": 2}


def test_a_worker_takes_from_the_queues_that_it_is_told(database: Database, tmp_path: Path) -> None:
    heavy, effect = ask("heavy", pids=str(tmp_path / "pids")), ask("mark")
    with worker(database, "--queues", "default"):
        assert ended(effect).status == "succeeded"
        heavy.refresh_from_db()
        assert (heavy.status, heavy.published_at) == ("queued", None)


def test_a_worker_renews_its_leases(database: Database) -> None:
    job = ask("slow")
    with worker(database):
        lease: object = running(job).lease_until
        for _ in range(LEASES):
            lease = other_lease(job, lease)
        assert selectors.job(job.pk).attempt == 1
        services.cancel(job=job)
        assert ended(job).status == "cancelled"


def test_a_worker_ends_at_once_when_it_is_told_twice(database: Database, tmp_path: Path) -> None:
    ask("heavy", pids=str(tmp_path / "pids"))
    process = start(database, FLYBALL_DRAIN_SECONDS="600")
    until((tmp_path / "pids").exists)
    processes = [int(each) for each in (tmp_path / "pids").read_text().split()]
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 1
    until(lambda: not any(lives(each) for each in processes))
