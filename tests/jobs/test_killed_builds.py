"""Builds whose processes are killed on the way: one unit is computed again, and nothing else is different."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.services import record
from flyball.control.jobs import selectors, services
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Build, CandidateResult
from flyball.stores.database import Database
from tests.jobs.counted.transformers import AT, DEADLY, DOES, FITS
from tests.jobs.workers import ended, hurried, start, until, worker
from tests.shell import PATIENCE

pytestmark = [pytest.mark.storage, pytest.mark.journey]

MANY = 8_000
"""Rows: enough for a rung below all of them."""
KILLS = (2, 31, 40)
"""After so many fits: on the first rung, on the last, and in the last fit."""
ALONE = ("--concurrency", "1")
"""Nobody helps."""
Environment = dict[str, str]
Undisturbed = tuple[list[str], list[str]]
UNDISTURBED: list[Undisturbed] = []
"""What the first test that asks has found."""


@pytest.fixture
def environment(database: Database, tmp_path: Path) -> Callable[..., Environment]:
    """Makes the settings of a worker that finds ``counted``, which is applied; its fits go to a file."""
    from tests.jobs.counted.endpoints import ROWS, Counted  # here, so that it is forgotten after the test

    drawn = random.Random(0)  # noqa: S311 - the same rows each time
    lines = ["age,income,bought"]
    for _ in range(MANY):
        age, income = drawn.randrange(20, 70), drawn.random()
        lines.append(f"{age},{income:.3f},{'yes' if age + 30 * drawn.random() > 60 else 'no'}")
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
    record(declaration=Counted)

    def make(fits: str, **more: str) -> Environment:
        return {
            "DJANGO_SETTINGS_MODULE": "tests.jobs.counted.settings",
            ROWS: str(tmp_path / "rows.csv"),
            FITS: str(tmp_path / fits),
            **more,
        }

    return make


def asked() -> Job:
    endpoint = endpoints.endpoint("counted")
    return services.ask(kind="build", team=endpoint.team, endpoint=endpoint)


def fits(environment: Environment) -> list[str]:
    return Path(environment[FITS]).read_text().splitlines()


def built(job: Job) -> Build:
    return Build.objects.get(pk=selectors.job(job.pk).result["build"])


def board(job: Job) -> list[str]:
    """All that a leaderboard shows, and the golden answers, to the last digit; but no time."""
    columns = ("name", "rank", "parameters", "fold_scores", "held_out_score", "trials", "error")
    every = CandidateResult.objects.filter(build=built(job)).order_by("rank")
    return [repr(row) for row in every.values(*columns, "manifest__golden")]


def unit(fit: str) -> tuple[str, ...]:
    """What a fit belongs to: all folds of a draw are one."""
    point, rows, total = fit.split()
    return (point,) if int(rows) < MANY / 2.5 else (point, rows, total)


@pytest.fixture
def undisturbed(database: Database, environment: Callable[..., Environment]) -> Undisturbed:
    """The leaderboard of a build that nothing happens to, and its fits: the same for all tests here."""
    if not UNDISTURBED:
        job, own = asked(), environment("undisturbed")
        with worker(database, *ALONE, **own):
            assert ended(job).status == "succeeded"
        winner = built(job).results.get(rank=1)
        assert winner.parameters["fits__point"] > 0.7, "the search has found something"
        UNDISTURBED.append((board(job), fits(own)))
    return UNDISTURBED[0]


def check(job: Job, environment: Environment, expected: Undisturbed, *, lost: int) -> None:
    """The same leaderboard as ``expected``, and at most so many units computed twice, each once more."""
    assert board(job) == expected[0]
    found = Counter(fits(environment))
    assert found.keys() == set(expected[1])
    assert set(found.values()) <= {1, 2}
    assert len({unit(fit) for fit, times in found.items() if times == 2}) == lost


def test_a_build_whose_process_is_killed_again_and_again_ends_as_an_undisturbed_one(
    database: Database, environment: Callable[..., Environment], undisturbed: Undisturbed
) -> None:
    assert len(undisturbed[1]) == len(set(undisturbed[1]))
    builds = Build.objects.count()
    job, own = asked(), environment("own", **{AT: ",".join(map(str, KILLS)), DOES: "kill"})
    with worker(database, *ALONE, **own):
        done = hurried(job)
    assert (done.status, done.attempt, done.error) == ("succeeded", len(KILLS) + 1, "")
    check(job, own, undisturbed, lost=len(KILLS))
    assert fits(own)[-1] == fits(own)[-2], "the last fit was killed too"
    assert Build.objects.count() == builds + 1
    assert not built(job).units.filter(done_at=None).exists()


def test_a_build_whose_worker_is_killed_again_and_again_ends_as_an_undisturbed_one(
    database: Database, environment: Callable[..., Environment], undisturbed: Undisturbed
) -> None:
    job, kills = asked(), (2, 39)
    own = environment("own", **{AT: ",".join(map(str, kills)), DOES: "kill worker"})
    for _ in kills:
        assert start(database, *ALONE, **own).wait(PATIENCE) < 0
    with worker(database, *ALONE, **own):
        done = ended(job)
    assert (done.status, done.attempt) == ("succeeded", len(kills) + 1)
    check(job, own, undisturbed, lost=len(kills))
    assert fits(own)[-1] == fits(own)[-2], "the last fit was killed too"


def test_a_unit_that_kills_its_process_each_time_fails_and_can_be_retried_without_what_was_wrong(
    database: Database, environment: Callable[..., Environment], undisturbed: Undisturbed
) -> None:
    job = asked()
    with worker(database, *ALONE, **environment("own", **{DEADLY: "yes"})):
        done = hurried(job)
    assert (done.status, done.attempt) == ("failed", done.attempts)
    assert "signal 9" in done.error
    assert (built(job).status, built(job).error) == ("failed", done.error)
    services.retry(job=done)
    assert (built(job).status, built(job).error, built(job).finished_at) == ("queued", "", None)
    with worker(database, *ALONE, **environment("own")):
        assert ended(job).status == "succeeded"
    assert board(job) == undisturbed[0]


def test_a_build_waits_and_is_cancelled_with_its_job_and_goes_on_with_it(
    database: Database, environment: Callable[..., Environment], undisturbed: Undisturbed
) -> None:
    job = asked()
    own = environment("own", **{AT: "5,12", DOES: "wait"})
    with worker(database, *ALONE, **own):
        until(lambda: Path(own[FITS]).exists() and len(fits(own)) == 5)
    assert (selectors.job(job.pk).status, built(job).status) == ("queued", "queued")
    with worker(database, *ALONE, **own):
        until(lambda: len(fits(own)) == 12)
        assert built(job).status == "running"
        services.cancel(job=selectors.job(job.pk))
        assert ended(job).status == "cancelled"
    assert (built(job).status, built(job).error) == ("cancelled", "Somebody has cancelled this job.")
    services.retry(job=selectors.job(job.pk))
    with worker(database, *ALONE, **own):
        assert ended(job).status == "succeeded"
    check(job, own, undisturbed, lost=2)
