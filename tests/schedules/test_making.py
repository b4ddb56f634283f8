"""Each due moment gives one job: missed, joined, paused, retired, edited, removed, and one that is broken."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.db.utils import OperationalError
from django.test.utils import CaptureQueriesContext

from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import running
from flyball.control.jobs import services as jobs
from flyball.control.jobs.dispatching import STEPS, Dispatcher, Unpublished
from flyball.control.jobs.models import Job
from flyball.control.schedules import selectors, services
from flyball.control.schedules.making import MOST, make_due
from flyball.control.schedules.models import Schedule, ScheduledRun
from flyball.domain import declaration
from flyball.domain.errors import Conflict, InvalidInput, NotFound
from flyball.domain.records import now
from flyball.stores.database import Database
from tests.jobs.workers import until
from tests.schedules.cast import at, declare, end_jobs, runs, schedule

pytestmark = pytest.mark.storage
MANY = 8


@pytest.fixture(autouse=True)
def declared(database: Database, tmp_path: Path) -> None:
    """``purchase``, applied."""
    declare(tmp_path)


def make(moment: datetime) -> None:
    try:
        make_due(moment)
    finally:
        connections.close_all()


def test_a_due_moment_gives_a_job_and_the_next_one_is_known() -> None:
    user = get_user_model().objects.create_user("ada")
    made = schedule(next_due_at="2026-03-01T00:15", kind="build", promote=True, user=user)
    make_due(at("2026-03-01T00:14:59"))
    assert not Job.objects.exists()
    make_due(at("2026-03-01T00:15"))
    job = Job.objects.get()
    assert (job.kind, job.endpoint_id, job.team.slug, job.asked_by, job.status) == (
        "build",
        "purchase",
        "default",
        user,
        "queued",
    )
    assert job.arguments == {"if_better": True}
    made.refresh_from_db()
    assert (made.last_due_at, made.next_due_at) == (at("2026-03-01T00:15"), at("2026-03-01T00:30"))
    assert runs(made) == [(at("2026-03-01T00:15"), 0, False)]


def test_asked_again_at_the_same_moment_nothing_is_made() -> None:
    schedule(next_due_at="2026-03-01T00:15")
    for _ in range(3):
        make_due(at("2026-03-01T00:15"))
    assert Job.objects.count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_of_all_who_make_it_at_once_one_does(attempt: int) -> None:
    made = [schedule(f"often-{number}", next_due_at="2026-03-01T00:15") for number in range(5)]
    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(make, [at("2026-03-01T00:15")] * MANY))
    assert Job.objects.count() == len(made)
    assert all(runs(each) == [(at("2026-03-01T00:15"), 0, False)] for each in made)


def test_of_missed_moments_the_latest_is_caught_up_once() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")
    make_due(at("2026-03-02T00:20"))
    assert runs(made) == [(at("2026-03-02T00:15"), 96, False)]
    end_jobs()
    make_due(at("2026-03-02T00:30"))
    assert runs(made)[1:] == [(at("2026-03-02T00:30"), 0, False)]


def test_a_run_joins_the_job_of_an_earlier_one_that_is_still_under_way() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")
    make_due(at("2026-03-01T00:15"))
    make_due(at("2026-03-01T00:30"))
    job = Job.objects.get()
    assert running.claim(job.pk) is not None
    make_due(at("2026-03-01T00:45"))
    assert [joined for *_, joined in runs(made)] == [False, True, True]
    assert set(ScheduledRun.objects.values_list("job", flat=True)) == {job.pk}
    end_jobs()
    make_due(at("2026-03-01T01:00"))
    assert Job.objects.count() == 2
    assert [joined for *_, joined in runs(made)] == [False, True, True, False]


def test_a_clock_that_is_put_back_makes_nothing_twice() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")
    make_due(at("2026-03-01T00:31"))
    make_due(at("2026-03-01T00:15"))
    assert [due for due, *_ in runs(made)] == [at("2026-03-01T00:30")]
    # As a pause and a resumption would, by the wrong clock.
    Schedule.objects.update(next_due_at=at("2026-03-01T00:30"))
    end_jobs()
    make_due(at("2026-03-01T00:31"))
    assert [due for due, *_ in runs(made)] == [at("2026-03-01T00:30")]
    made.refresh_from_db()
    assert made.next_due_at == at("2026-03-01T00:45")


def test_what_was_missed_while_paused_is_not_caught_up() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")
    first = services.pause(schedule=made).paused_at
    assert services.pause(schedule=made).paused_at == first
    make_due(now() + timedelta(days=1))
    assert selectors.state(made) == "paused"
    assert selectors.next_runs(made) == []
    resumed = services.resume(schedule=made)
    assert (resumed.paused_at, runs(made)) == (None, [])
    assert resumed.next_due_at is not None
    assert resumed.next_due_at > now()
    assert len(selectors.next_runs(resumed)) == 5


def test_one_whose_moment_has_come_is_due_and_tells_the_moments_to_come() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")
    assert selectors.state(made) == "due"
    assert all(moment > now() for moment in selectors.next_runs(made))
    make_due(now())
    assert selectors.state(selectors.schedule("purchase", "often")) == "active"


def test_a_schedule_that_runs_is_left_alone_by_resuming() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")
    assert services.resume(schedule=made).next_due_at == at("2026-03-01T00:15")


def test_a_retired_endpoint_lets_its_due_moments_pass() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")
    Endpoint.objects.update(retired_at=now())
    make_due(at("2026-03-01T00:20"))
    assert runs(made) == []
    made = selectors.schedule("purchase", "often")
    assert (made.next_due_at, made.last_due_at, selectors.state(made)) == (
        at("2026-03-01T00:30"),
        None,
        "retired",
    )
    assert selectors.next_runs(made) == []
    Endpoint.objects.update(retired_at=None)
    make_due(at("2026-03-01T00:30"))
    assert runs(made) == [(at("2026-03-01T00:30"), 0, False)]


def test_an_endpoint_that_is_declared_no_more_lets_its_due_moments_pass() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")
    (own,) = [each for each in declaration.declared() if each.name == "purchase"]
    declaration.forget(own)
    make_due(at("2026-03-01T00:20"))
    assert (runs(made), selectors.state(made)) == ([], "undeclared")


def test_a_schedule_that_is_removed_leaves_its_job() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")
    make_due(at("2026-03-01T00:15"))
    services.remove(schedule=made)
    assert not Schedule.objects.exists()
    assert not ScheduledRun.objects.exists()
    assert Job.objects.get().status == "queued"


def test_a_schedule_that_is_removed_leaves_the_job_that_runs() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")
    make_due(at("2026-03-01T00:15"))
    run = running.claim(Job.objects.get().pk)
    assert run is not None
    services.remove(schedule=made)
    running.succeed(run, {"rows": 60})
    assert Job.objects.get().status == "succeeded"
    make_due(at("2026-03-01T00:30"))
    assert Job.objects.count() == 1


def test_jobs_that_are_taken_out_take_their_runs_along_and_are_counted_alone() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")
    make_due(at("2026-03-01T00:15"))
    make_due(at("2026-03-01T00:30"))
    Job.objects.update(status="succeeded", finished_at=now() - timedelta(days=91))
    assert jobs.prune() == 1
    assert runs(made) == []
    assert selectors.last_run(made) is None


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"timezone": "Europe/Nowhere"}, "no time zone of that name"),
        ({"times": "every blue moon"}, "every Monday at 06:00"),
        ({"kind": "gone"}, "no such kind"),
    ],
)
def test_one_that_is_broken_is_marked_and_stops_no_other(broken: dict[str, str], said: str) -> None:
    bad = schedule("bad", next_due_at="2026-03-01T00:00")
    Schedule.objects.filter(pk=bad.pk).update(**broken)
    good = schedule("good", next_due_at="2026-03-01T00:15")
    make_due(at("2026-03-01T00:15"))
    assert runs(good) == [(at("2026-03-01T00:15"), 0, False)]
    bad = selectors.schedule("purchase", "bad")
    assert said in bad.fault
    assert (selectors.state(bad), bad.next_due_at, runs(bad)) == ("failing", None, [])


def test_one_that_failed_is_tried_again_once_it_is_put_right() -> None:
    bad = schedule("bad", next_due_at="2026-03-01T00:00")
    Schedule.objects.filter(pk=bad.pk).update(timezone="Europe/Nowhere")
    make_due(at("2026-03-01T00:15"))
    bad.refresh_from_db()
    with pytest.raises(InvalidInput):
        services.resume(schedule=bad)
    Schedule.objects.filter(pk=bad.pk).update(timezone="UTC")
    bad.refresh_from_db()
    assert selectors.state(services.resume(schedule=bad)) == "active"


def test_a_schedule_that_somebody_changes_meanwhile_makes_nothing_by_its_old_times() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")

    def change(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if sql.startswith("UPDATE") and not changed:  # between the look and the first write
            changed.append(sql)
            services.pause(schedule=made)
        return execute(sql, *rest)

    changed: list[str] = []
    with connection.execute_wrapper(change):
        make_due(at("2026-03-01T00:15"))
    assert runs(made) == []


def test_of_very_many_that_are_due_a_look_makes_the_first_and_leaves_the_others_to_the_next() -> None:
    schedule(next_due_at="2026-03-01T01:15", name="later")
    for number in range(MOST):
        schedule(next_due_at="2026-03-01T00:15", name=f"one-{number}")
    make_due(at("2026-03-01T01:30"))
    assert ScheduledRun.objects.count() == MOST
    assert not ScheduledRun.objects.filter(schedule__name="later").exists()
    make_due(at("2026-03-01T01:30"))
    assert ScheduledRun.objects.count() == MOST + 1


def test_a_look_at_what_is_not_due_is_one_query() -> None:
    schedule()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        make_due(now() - timedelta(days=1))
    assert len(seen) == 1


def test_a_database_that_is_away_marks_no_schedule() -> None:
    made = schedule(next_due_at="2026-03-01T00:15")

    def fail(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if sql.startswith("INSERT"):
            raise OperationalError
        return execute(sql, *rest)

    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        make_due(at("2026-03-01T00:15"))
    made.refresh_from_db()
    assert (made.next_due_at, made.fault, runs(made)) == (at("2026-03-01T00:15"), "", [])
    make_due(at("2026-03-01T00:15"))
    assert len(runs(made)) == 1


def test_a_dispatcher_makes_what_is_due_while_the_broker_is_away() -> None:
    assert STEPS.count(make_due) == 1
    made = schedule(next_due_at="2026-03-01T00:15")

    def fail(job: Job) -> None:
        raise Unpublished("nobody is there")

    dispatcher = Dispatcher(["build"], fail)
    dispatcher.start()
    until(lambda: runs(made))
    dispatcher.stop()
    dispatcher.join()
    assert Job.objects.get().status == "queued"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"name": "No name"}, InvalidInput),
        ({"times": "0 0 30 2 *"}, InvalidInput),
        ({"timezone": "Nowhere"}, InvalidInput),
        ({"kind": "nothing"}, NotFound),
        ({"promote": True}, InvalidInput),
        ({"name": "taken"}, Conflict),
    ],
)
def test_a_schedule_that_is_wrong_is_refused_and_nothing_is_made(
    values: dict[str, object], error: type[Exception]
) -> None:
    schedule("taken")
    given: dict[str, object] = {"name": "new", "times": "every hour", "kind": "snapshot", "timezone": "UTC"}
    with pytest.raises(error):
        services.add(endpoint=endpoints.endpoint("purchase"), **{**given, **values})  # type: ignore[arg-type]  # a table
    assert [each.name for each in selectors.schedules()] == ["taken"]


def test_without_a_zone_it_is_the_project_s() -> None:
    assert schedule(timezone="").timezone == "UTC"
