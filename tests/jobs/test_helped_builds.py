"""Builds that several workers share: all have a part of it, and nothing is different from one worker's."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from flyball.control.jobs import selectors, services
from flyball.control.jobs.apart.child import name_of
from flyball.control.jobs.models import Job
from flyball.control.registry.models import BuildUnit
from flyball.stores.database import Database
from tests.jobs.counted.transformers import SLOW
from tests.jobs.test_killed_builds import (
    Environment,
    Undisturbed,
    asked,
    board,
    built,
    environment,
    fits,
    undisturbed,
    unit,
)
from tests.jobs.workers import ended, hurried, until, worker

__all__ = ["environment", "undisturbed"]

pytestmark = [pytest.mark.storage, pytest.mark.journey]

THREE = ("--concurrency", "3")
SLOWLY = {SLOW: "0.4"}
"""Seconds that each fit takes besides: long enough for helpers to come."""


def helpers() -> list[Job]:
    return list(selectors.jobs(kind="help"))


def shares(job: Job) -> Counter[str]:
    """How many units each claimant has done."""
    return Counter(BuildUnit.objects.filter(build=built(job)).values_list("claimant", flat=True))


def test_a_build_of_three_workers_is_that_of_one_and_each_has_a_part_of_it(
    database: Database, environment: Callable[..., Environment], undisturbed: Undisturbed
) -> None:
    job, own = asked(), environment("own", **SLOWLY)
    with worker(database, *THREE, **own):
        assert ended(job).status == "succeeded"
        until(lambda: all(each.status in selectors.ENDED for each in helpers()))
        late = services.ask(
            kind="help", team=job.team, endpoint=job.endpoint, arguments={"build": built(job).pk}
        )
        assert ended(late).result == {"units": 0}, "the build is over"
    assert board(job) == undisturbed[0]
    assert sorted(fits(own)) == sorted(undisturbed[1]), "nothing is computed twice, and nothing more"
    assert len(shares(job)) == 3
    assert {each.status for each in helpers()} == {"succeeded"}
    assert job in selectors.jobs(), "what was asked for is listed"
    assert not set(helpers()) & set(selectors.jobs()), "what helps is not"


def at_work(job: Job, kind: str) -> int:
    """The process of a job of that kind, once it computes a unit of the build."""
    found: list[int] = []

    def look() -> list[int]:
        for each in Job.objects.filter(kind=kind, status="running"):
            claimant = selectors.holder(each.pk, each.token)
            if BuildUnit.objects.filter(build=built(job), claimant=claimant, done_at=None).exists():
                found.extend(process for process in processes() if name(process) == name_of(each.pk))
        return found

    until(look)
    return found[0]


def processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def name(process: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process}/comm").read_text().strip()
    return ""


def test_a_build_of_three_workers_whose_processes_are_killed_ends_as_an_undisturbed_one(
    database: Database, environment: Callable[..., Environment], undisturbed: Undisturbed
) -> None:
    job, own, killed = asked(), environment("own", **{SLOW: "0.8"}), ("help", "build")
    with worker(database, *THREE, **own):
        until(lambda: "build" in selectors.job(job.pk).result)
        for kind in killed:
            os.kill(at_work(job, kind), signal.SIGKILL)
        done = hurried(job)
    assert (done.status, done.error) == ("succeeded", "")
    assert board(job) == undisturbed[0]
    found = Counter(fits(own))
    assert found.keys() == set(undisturbed[1])
    assert len({unit(fit) for fit, times in found.items() if times > 1}) <= len(killed)
    assert [each.status for each in helpers()].count("failed") == killed.count("help")


def test_a_helper_gives_its_unit_and_its_slot_up_where_another_job_waits(
    database: Database, environment: Callable[..., Environment], undisturbed: Undisturbed
) -> None:
    job, own = asked(), environment("own", **SLOWLY)
    with worker(database, **own):
        until(lambda: any(each.status == "running" for each in helpers()))
        other = services.ask(kind="snapshot", team=job.team, endpoint=job.endpoint)
        until(lambda: selectors.job(other.pk).status == "succeeded")
        assert selectors.job(job.pk).status == "running"
        assert ended(job).status == "succeeded"
    assert board(job) == undisturbed[0]


def test_a_helper_leaves_in_the_middle_of_a_unit_where_its_build_is_cancelled(
    database: Database, environment: Callable[..., Environment]
) -> None:
    job = asked()
    with worker(database, **environment("own", **{SLOW: "3"})):
        until(lambda: "build" in selectors.job(job.pk).result)
        at_work(job, "help")
        services.cancel(job=selectors.job(job.pk))
        assert ended(job).status == "cancelled"
        until(lambda: all(each.status == "succeeded" for each in helpers()))
    assert not BuildUnit.objects.filter(
        build=built(job), claimant=selectors.holder(helpers()[0].pk, 1)
    ).exists()
