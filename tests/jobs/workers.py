"""Real workers on the test database, and waiting for what they do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from flyball.control.accounts.services import ensure_team
from flyball.control.jobs import running as running_jobs
from flyball.control.jobs import selectors, services
from flyball.control.jobs.models import Job
from flyball.control.jobs.performing import perform
from flyball.control.jobs.running import Run
from flyball.domain.records import now
from flyball.stores.database import Database
from tests.shell import BIN, PATIENCE

ROOT = Path(__file__).parent.parent.parent
LEASE = "1"
"""Seconds: as short as they may be."""


def ask(kind: str, **arguments: Any) -> Job:
    """A job of the team ``lending``."""
    return services.ask(kind=kind, team=ensure_team(slug="lending"), arguments=arguments)


def claimed(job: Job) -> Run:
    """One's own attempt at a job."""
    run = running_jobs.claim(job.pk)
    assert run is not None
    return run


def carried_out(job: Job) -> Job:
    """The job, carried out in this process."""
    perform(claimed(job))
    return selectors.job(job.pk)


def surroundings(database: Database, **environment: str) -> dict[str, str]:
    """The environment of a process that works on the test database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLYBALL", "PYTEST"))}
    own = {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "FLYBALL_DATABASE_URL": database.url,
        "FLYBALL_HOME": str(settings.FLYBALL.home),
        "FLYBALL_JOB_LEASE_SECONDS": LEASE,
        "FLYBALL_DRAIN_SECONDS": "1",
    }
    return {**kept, **own, **environment}


def start(database: Database, *options: str, log: str = "", **environment: str) -> subprocess.Popen[str]:
    """A worker that takes jobs; ``log`` is the file to which it logs, if not to the test's own output."""
    with Path(log).open("w") if log else nullcontext() as errors:
        process = subprocess.Popen(
            ["flyball", "worker", "--json", *options],
            cwd=ROOT,
            env=surroundings(database, **environment),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    said = process.stdout.readline()
    assert json.loads(said)["queues"], said
    return process


@contextmanager
def worker(
    database: Database, *options: str, log: str = "", **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """A worker until the block ends; then SIGTERM."""
    process = start(database, *options, log=log, **environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) in {0, -signal.SIGKILL}


def kill(process: subprocess.Popen[str]) -> None:
    """End a worker as a failing machine does."""
    process.kill()
    process.wait(PATIENCE)


def until(condition: Callable[[], Any]) -> None:
    """Wait for what is to become true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ended(job: Job) -> Job:
    """The job, once it has ended."""
    until(lambda: selectors.job(job.pk).status in selectors.ENDED)
    return selectors.job(job.pk)


def hurried(job: Job) -> Job:
    """The job, once it has ended; nothing is waited for between its attempts."""

    def is_over() -> Any:
        Job.objects.filter(pk=job.pk, status="queued").update(due_at=now(), published_at=None)
        return selectors.job(job.pk).status in selectors.ENDED

    until(is_over)
    return selectors.job(job.pk)


def running(job: Job) -> Job:
    """The job, once a worker has it."""
    until(lambda: selectors.job(job.pk).status == Job.Status.RUNNING)
    return selectors.job(job.pk)


def lives(process: int) -> bool:
    """Whether a process runs."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
