"""Thousands of jobs while workers are killed, with each broker; and while Redis is away. Minutes long."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from tests.shell import free_port

KILL_EVERY = 5.0
"""Between two kills (seconds)."""
OUTAGE = 60.0
"""How long Redis is away (seconds)."""
SETTINGS = {"FLYBALL_JOB_LEASE_SECONDS": "30", "FLYBALL_LOG_LEVEL": "ERROR"}
"""Leases as they are by default: the suite's own workers have shorter ones."""


def main() -> None:
    """Print a line for each broker; exit 1 where a job was lost, or was done twice."""
    parser = argparse.ArgumentParser(prog="python -m tests.jobs.endurance", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--broker", choices=("memory", "redis", "rabbitmq", "away"), action="append")
    options = parser.parse_args()
    home = tempfile.mkdtemp(prefix="flyball-endurance-")
    os.environ.update(DJANGO_SETTINGS_MODULE="tests.settings", FLYBALL_HOME=home)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    wanted = options.broker or ["memory", "redis", "away", "rabbitmq"]
    clean = [_told(name, options.jobs) for name in wanted]
    shutil.rmtree(home)
    sys.exit(0 if all(clean) else 1)


def _told(name: str, number: int) -> bool:
    if name == "memory":
        return _killed(name, {}, number, workers=1)
    if name == "rabbitmq":
        url = os.environ.get("FLYBALL_TEST_RABBITMQ", "")
        if not url:
            click.echo("rabbitmq   not run: FLYBALL_TEST_RABBITMQ names none.")
            return True
        return _killed(name, {"FLYBALL_BROKER_URL": url}, number, workers=2)
    port = free_port()
    with _redis(port) as server:
        broker = {"FLYBALL_BROKER_URL": f"redis://127.0.0.1:{port}/0"}
        if name == "redis":
            return _killed(name, broker, number, workers=2)
        return _away(broker, port, server)


def _killed(name: str, broker: dict[str, str], number: int, *, workers: int) -> bool:
    """Jobs of a twentieth of a second; every five seconds one worker is killed, and another is started."""
    from flyball.control.connection import database
    from flyball.control.jobs.models import Job
    from flyball.control.jobs.selectors import ENDED
    from tests.jobs.workers import ask, kill, start

    jobs = {ask("brief").pk for _ in range(number)}
    began, kills = time.monotonic(), 0
    living = [start(database(), **SETTINGS, **broker) for _ in range(workers)]
    left = Job.objects.exclude(status__in=ENDED)
    while left.exists():
        next_kill = time.monotonic() + KILL_EVERY
        while time.monotonic() < next_kill and left.exists():
            time.sleep(0.1)
        kill(living.pop(0))
        kills += 1
        living.append(start(database(), **SETTINGS, **broker))
    took = time.monotonic() - began
    for each in living:
        kill(each)
    return _judged(name, jobs, f"{kills} workers killed, {took:.0f} s")


def _away(broker: dict[str, str], port: int, server: list[subprocess.Popen[bytes]]) -> bool:
    """Redis ends, and comes back after a minute without what it knew; jobs are asked for all the time."""
    from flyball.control.connection import database
    from flyball.control.jobs import selectors
    from tests.jobs.workers import ask, kill, start

    workers = [start(database(), **SETTINGS, **broker) for _ in range(2)]
    jobs, slowest, back = set(), 0.0, time.monotonic() + OUTAGE
    jobs |= {ask("brief").pk for _ in range(100)}
    server[0].kill()
    server[0].wait()
    while time.monotonic() < back:
        asked = time.monotonic()
        jobs.add(ask("brief").pk)
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.1)
    server[0] = _started(port)
    while selectors.jobs().exclude(status__in=selectors.ENDED).exists():
        time.sleep(0.1)
    later = time.monotonic() - back
    for each in workers:
        kill(each)
    said = (
        f"Redis away for {OUTAGE:.0f} s, all done {later:.1f} s later, asked for in {slowest:.3f} s at most"
    )
    return _judged("away", jobs, said)


def _judged(name: str, jobs: set[Any], said: str) -> bool:
    from flyball.control.jobs.models import Job
    from tests.jobs.work.models import Effect

    states = Counter(Job.objects.values_list("status", flat=True))
    effects = Counter(Effect.objects.values_list("job", flat=True))
    lost = len(jobs - set(effects))
    twice = sum(count > 1 for count in effects.values())
    click.echo(f"{name:<10} {len(jobs)} jobs, {said}: {dict(states)}, lost {lost}, done twice {twice}")
    Job.objects.all().delete()
    Effect.objects.all().delete()
    return set(states) == {"succeeded"} and not lost and not twice


@contextmanager
def _redis(port: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A Redis server of one's own, which may be exchanged for another."""
    server = [_started(port)]
    try:
        yield server
    finally:
        server[0].kill()
        server[0].wait()


def _started(port: int) -> subprocess.Popen[bytes]:
    command = [
        "redis-server",
        "--port",
        str(port),
        "--save",
        "",
        "--appendonly",
        "no",
        "--loglevel",
        "warning",
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
