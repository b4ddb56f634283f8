"""Builds that go on where an attempt before has ended: what is kept, what is not trusted, who is too late."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import FloatDistribution
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from flyball import Candidate, RequestSource, Search
from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.services import record
from flyball.control.jobs import running, selectors, services
from flyball.control.jobs.models import Job
from flyball.control.jobs.performing import perform
from flyball.control.jobs.running import Run
from flyball.control.jobs.sharing.claims import Claimant
from flyball.control.registry.jobs import doing, registered
from flyball.control.registry.models import Build, BuildUnit, CandidateResult, Version
from flyball.control.registry.services import request_build, run_build
from flyball.control.registry.working.units import Changed, UnitRows
from flyball.domain import declaration as declarations
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import Conflict, JobLost
from flyball.domain.records import now
from flyball.learning.selection import Progress
from flyball.learning.units import Asked, Outcome, Unit
from flyball.stores.database import Database
from tests.jobs.counted.transformers import AT, DOES, FITS, Fits
from tests.registry import small

pytestmark = pytest.mark.storage

TRIALS, FOLDS = 10, 3
ALL = (TRIALS - 2) * FOLDS + 3
"""Fits of the candidate, with its last one; one point fails at its first fold, and one is behind after it."""
AGAIN = 2
IN_THE_FIFTH = 4 * FOLDS + AGAIN
"""The fit of the second fold of the fifth point, which is then computed again."""
Declare = Callable[..., type[Endpoint]]


@pytest.fixture
def declare(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Declare:
    """Declares ``purchase``, in place of an earlier one; its candidate writes down its fits."""
    path = small.write_csv(tmp_path / "rows.csv", job=False)
    monkeypatch.setenv(FITS, str(tmp_path / "fits"))
    monkeypatch.setenv(DOES, "leave")

    def make(*candidates: Any, trials: int = TRIALS, **more: Any) -> type[Endpoint]:
        for each in [each for each in declarations.declared() if each.name == "purchase"]:
            declarations.forget(each)
        search = Search(trials=trials, seconds=600)
        chosen = candidates or (mine(0.3, lowest=0.0), "linear")
        made = small.declare(path, candidates=chosen, trusted=[Fits], search=search, cv=FOLDS, **more)
        record(declaration=made)
        return made

    make()
    return make


def mine(point: float, *, lowest: float | None) -> Candidate:
    """Begins at a point; where there is a lowest one, more are tried."""
    space = {} if lowest is None else {"fits__point": FloatDistribution(lowest, 1.0)}
    return Candidate("mine", make_pipeline(Fits(point), GaussianNB()), space)


def asked() -> Job:
    endpoint = endpoints.endpoint("purchase")
    return services.ask(kind="build", team=endpoint.team, endpoint=endpoint)


def claimed(job: Job) -> Run:
    run = running.claim(job.pk)
    assert run is not None
    return run


def attempt(job: Job) -> Job:
    """One attempt. Where its process would have ended, the job is left to others."""
    run = claimed(job)
    with suppress(SystemExit):
        perform(run)
    Job.objects.filter(pk=job.pk, status="running").update(lease_until=now() - timedelta(seconds=1))
    return selectors.job(job.pk)


def begun(monkeypatch: pytest.MonkeyPatch, at: int = IN_THE_FIFTH) -> Job:
    """A job whose process has ended after so many fits."""
    monkeypatch.setenv(AT, str(at))
    job = attempt(asked())
    assert (job.status, built(job).status, fits()) == ("running", "running", at)
    return job


def built(job: Job) -> Build:
    return Build.objects.get(pk=job.result["build"])


def fits() -> int:
    file = Path(os.environ[FITS])
    return len(file.read_text().splitlines()) if file.exists() else 0


def board(job: Job) -> list[str]:
    columns = ("name", "rank", "parameters", "fold_scores", "held_out_score", "trials", "error")
    every = CandidateResult.objects.filter(build=built(job)).order_by("rank")
    return [repr(row) for row in every.values(*columns, "manifest__golden")]


def test_a_build_goes_on_with_the_units_that_are_done(
    declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = attempt(begun(monkeypatch))
    assert (job.status, fits()) == ("succeeded", ALL + AGAIN)
    assert "goes on with 6 of its units and 1 of its candidates done" in job.log
    assert Build.objects.count() == 1
    assert board(job) == board(attempt(asked()))
    assert fits() == 2 * ALL + AGAIN


def test_an_attempt_that_got_on_counts_no_more(declare: Declare, monkeypatch: pytest.MonkeyPatch) -> None:
    job, every = asked(), range(4, 28, 4)
    monkeypatch.setenv(AT, ",".join(map(str, every)))
    for _ in every:
        assert attempt(job).status == "running"
    done = attempt(job)
    assert (done.status, done.attempt) == ("succeeded", len(every) + 1)


CHANGES: list[tuple[str, Callable[[Declare], object]]] = [
    ("what is searched", lambda declare: declare(mine(0.3, lowest=0.2), "linear")),
    ("how many points", lambda declare: declare(trials=TRIALS - 1)),
    ("the environment", lambda declare: Build.objects.update(environment={"python": "2.7"})),
    (
        "the parameters of a point",
        lambda declare: BuildUnit.objects.filter(point=2).update(parameters={"fits__point": 0.7}),
    ),
]


@pytest.mark.parametrize("change", [each for _, each in CHANGES], ids=[name for name, _ in CHANGES])
def test_a_build_begins_anew_where_what_it_rests_on_has_changed(
    declare: Declare, monkeypatch: pytest.MonkeyPatch, change: Callable[[Declare], object]
) -> None:
    job = begun(monkeypatch)
    change(declare)
    job = attempt(job)
    assert (job.status, Build.objects.count()) == ("succeeded", 1)
    assert "begins anew" in job.log
    again = fits() - IN_THE_FIFTH
    fresh = attempt(asked())
    assert fits() - IN_THE_FIFTH - again == again
    assert board(job) == board(fresh)
    assert built(job).units.count() == built(fresh).units.count()


def test_a_build_that_begins_anew_says_what_it_was_searched_by(
    declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begun(monkeypatch)
    declare(metric="neg_log_loss", seed=7)
    done = attempt(job)
    assert (done.status, built(done).metric, built(done).seed) == ("succeeded", "neg_log_loss", 7)
    made = Version.objects.get()
    assert (made.facts["metric"], made.facts["seed"]) == ("neg_log_loss", 7)
    assert made.facts["held_out_score"] < 0


def test_a_build_that_begins_anew_learns_from_what_is_declared_by_then(
    declare: Declare, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    head, *lines = path.read_text().splitlines()
    path.write_text("\n".join([f"{head},size", *(f"{line},1.5" for line in lines)]))
    job = begun(monkeypatch)
    declare(features=[RequestSource("age")])
    done = attempt(job)
    assert (done.status, Build.objects.count()) == ("succeeded", 1)
    fields = Version.objects.get().manifest["schema"]["fields"]
    assert [field["name"] for field in fields] == ["age"]


def test_a_point_that_failed_is_not_tried_again_and_ends_its_candidate_with_the_same_sentence(
    declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(mine(0.95, lowest=0.9), "linear")
    job = begun(monkeypatch, at=2)
    done = attempt(job)
    assert (done.status, fits()) == ("succeeded", 4)
    first = board(done)
    built(job).results.filter(name="mine").delete()  # as if the process had ended before it was there
    Build.objects.update(status="failed")
    Job.objects.update(status="failed")
    again = attempt(services.retry(job=done))
    assert (again.status, fits(), board(again)) == ("succeeded", 4, first)
    assert built(job).results.get(name="mine").error.endswith("is too high")


def test_the_time_of_units_that_are_done_counts(declare: Declare, monkeypatch: pytest.MonkeyPatch) -> None:
    job = begun(monkeypatch)
    BuildUnit.objects.filter(candidate="mine", point=4).update(seconds=1000.0)
    done = attempt(job)
    mine = built(done).results.get(name="mine")
    assert (mine.trials, mine.stopped_by_time, built(done).reproducible) == (4, True, False)
    assert fits() == IN_THE_FIFTH + 1, "its last fit"
    assert mine.seconds > 1000


def test_a_build_in_which_nothing_could_be_fitted_begins_anew_when_it_is_asked_for_again(
    declare: Declare,
) -> None:
    declare(mine(0.9, lowest=None))
    job = attempt(asked())
    assert (job.status, built(job).status, fits()) == ("failed", "failed", 1)
    assert built(job).error == job.error
    assert built(job).results.get(name="baseline").rank == 1
    again = attempt(services.retry(job=job))
    assert (again.status, fits()) == ("failed", 2)
    assert "begins anew" in again.log


def test_a_build_ends_with_its_job(declare: Declare, monkeypatch: pytest.MonkeyPatch) -> None:
    job = begun(monkeypatch)
    Job.objects.filter(pk=job.pk).update(attempt=job.attempts)
    running.expire()
    assert selectors.job(job.pk).status == "failed"
    assert (built(job).status, built(job).error) == ("failed", running.DIED)
    services.retry(job=job)
    assert (built(job).status, built(job).error, built(job).finished_at) == ("queued", "", None)
    services.cancel(job=job)
    assert (built(job).status, built(job).error) == ("cancelled", "Somebody has cancelled this job.")
    services.retry(job=job)
    assert attempt(job).status == "succeeded"
    assert fits() == ALL + AGAIN


def test_a_build_that_is_run_already_is_not_run_by_another_one(declare: Declare) -> None:
    build = request_build(declaration=declare())
    Build.objects.update(status="running")
    with pytest.raises(Conflict):
        run_build(build=build, declaration=declare())


UNIT = Unit("mine", 0, 1)
SCORES = (0.1 + 0.2, math.nan, 1e22, 5e-324, -1 / 3, 0.0)
"""What JSON and databases may be tempted to change."""


def rows(build: Build, run: Run) -> UnitRows:
    return UnitRows(build, Claimant(name=run.holder, fence=run.keep, got_on=run.got_on))


def done(own: UnitRows, outcome: Outcome, **parameters: Any) -> None:
    """The unit, claimed and kept."""
    claimed = own.claim(Asked(UNIT, parameters))
    assert claimed is not None
    own.keep(claimed, outcome)


def test_a_unit_is_kept_once_to_the_bit_by_the_attempt_that_has_the_job(declare: Declare) -> None:
    job, build = asked(), request_build(declaration=declare())
    first = claimed(job)
    late = rows(build, first)
    Job.objects.update(lease_until=now() - timedelta(seconds=1))
    second = claimed(job)
    own = rows(build, second)
    with pytest.raises(JobLost):
        late.claim(Asked(UNIT, {"x": 0.1}))
    assert not BuildUnit.objects.exists()
    expected = Outcome(SCORES, 0.1 + 0.2)
    done(own, expected, x=0.1)
    assert repr(rows(build, second).known(Asked(UNIT, {"x": 0.1}))) == repr(expected)
    unit = BuildUnit.objects.get()
    assert (unit.claimant, unit.parameters) == (f"job {job.pk} 2", {"x": 0.1})
    assert selectors.job(job.pk).attempts == second.attempt + 2


def test_who_has_lost_the_job_takes_no_unit_of_who_has_it(declare: Declare) -> None:
    job, build = asked(), request_build(declaration=declare())
    first = claimed(job)
    late = rows(build, first)
    Job.objects.update(lease_until=now() - timedelta(seconds=1))
    own = rows(build, claimed(job))
    row = own.claim(Asked(UNIT, {}))
    assert row is not None
    with pytest.raises(JobLost):
        late.claim(Asked(UNIT, {}))
    own.keep(row, Outcome((0.5,), 1.0))
    unit = BuildUnit.objects.get()
    assert (unit.claimant, unit.scores) == (f"job {job.pk} 2", [0.5])


def test_who_has_lost_the_job_registers_no_second_version_of_its_build(
    declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(mine(0.3, lowest=None))
    done = attempt(asked())
    assert done.status == "succeeded"
    first, build = Version.objects.get(), built(done)
    first.delete()
    Job.objects.update(status="queued", due_at=now())
    late = claimed(done)
    Job.objects.update(lease_until=now() - timedelta(seconds=1))
    claimed(done)
    with pytest.raises(JobLost):
        registered(late, build, candidate=None, champion=None)
    assert not Version.objects.exists()


def test_a_unit_that_another_one_has_taken_over_is_not_written(declare: Declare) -> None:
    build = request_build(declaration=declare())
    slow, quick = (UnitRows(build, Claimant(name=name)) for name in ("slow", "quick"))
    row = slow.claim(Asked(UNIT, {}))
    assert row is not None
    quick.read()
    assert quick.open([Asked(UNIT, {})]), "nobody who lives has it"
    done(quick, Outcome((0.5,), 1.0))
    with pytest.raises(Conflict):
        slow.keep(row, Outcome((0.4,), 1.0))
    assert BuildUnit.objects.get().scores == [0.5]


def test_a_unit_of_who_lives_is_taken_by_nobody_and_of_who_has_died_by_who_takes_over(
    declare: Declare,
) -> None:
    job, build = asked(), request_build(declaration=declare())
    run, wanted = claimed(job), [Asked(UNIT, {})]
    assert rows(build, run).claim(wanted[0]) is not None
    lead, helper = (
        UnitRows(build, Claimant(name=name, takes_over=takes)) for name, takes in (("a", True), ("b", False))
    )
    assert (lead.open(wanted), helper.open(wanted)) == ([], [])
    Job.objects.update(lease_until=now() - timedelta(seconds=1))
    assert (lead.open(wanted), helper.open(wanted)) == (wanted, [])


def test_of_all_who_claim_a_unit_at_once_one_gets_it(declare: Declare) -> None:
    build = request_build(declaration=declare())
    dead, *every = [UnitRows(build, Claimant(name=name)) for name in "zabc"]
    assert [each.claim(Asked(UNIT, {})) is not None for each in [dead, *every]] == [True, False, False, False]
    for each in every:
        each.read()
    assert [each.claim(Asked(UNIT, {})) is not None for each in every] == [True, False, False]


def test_a_unit_is_known_again_whatever_a_database_makes_of_its_parameters(declare: Declare) -> None:
    build = request_build(declaration=declare())
    odd = {"large": 1e23, "larger": 10**30, "zero": -0.0, "nul": "\x00", "half": "\ud800", "text": "ä"}
    expected = Outcome((0.5,), 1.0)
    done(UnitRows(build, Claimant(name="first")), expected, **odd)
    assert UnitRows(build, Claimant(name="second")).known(Asked(UNIT, odd)) == expected
    with pytest.raises(Changed):
        UnitRows(build, Claimant(name="second")).known(Asked(UNIT, {**odd, "large": 1.1e23}))


def test_a_unit_that_failed_says_so_again(declare: Declare) -> None:
    build = request_build(declaration=declare())
    failed = Outcome((), 1.5, "ValueError: no luck")
    done(UnitRows(build, Claimant(name="first")), failed)
    assert UnitRows(build, Claimant(name="second")).known(Asked(UNIT, {})) == failed


def test_a_unit_for_which_there_was_too_little_memory_is_tried_again(declare: Declare) -> None:
    build = request_build(declaration=declare())
    failed = Outcome((), 1.5, "MemoryError: ", is_to_be_kept=False)
    first, second = (UnitRows(build, Claimant(name=name)) for name in ("first", "second"))
    done(first, failed)
    assert first.known(Asked(UNIT, {})) == failed
    second.read()
    assert second.known(Asked(UNIT, {})) is None
    expected = Outcome((0.5,), 1.0)
    done(second, expected)
    second.read()
    assert second.known(Asked(UNIT, {})) == expected
    assert BuildUnit.objects.get().scores == [0.5]


@pytest.mark.parametrize(("score", "said"), [(0.91273, "boosting 0.9127"), (None, "boosting")])
def test_a_job_s_message_is_the_candidate_with_the_score_of_its_trial(score: Any, said: str) -> None:
    assert doing(Progress("boosting", 2, 4, score, 0.5)) == said
