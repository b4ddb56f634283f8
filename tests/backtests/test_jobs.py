"""Backtests as jobs: asked once, gone on with after a kill, ended, and not kept longer than needed."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import QuerySet

from flyball.control.backtests import selectors, walking
from flyball.control.backtests.collecting import Part
from flyball.control.backtests.models import Backtest, BacktestPart
from flyball.control.jobs import running, services
from flyball.control.jobs.models import Job
from flyball.control.jobs.performing import perform
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Artifact
from flyball.domain.errors import InvalidInput, NotFound, UnknownVersion
from flyball.domain.records import now
from flyball.stores import erasing
from flyball.stores.database import Database
from tests import published
from tests.backtests.world import (
    DAY,
    END,
    START,
    ask,
    carried_out,
    declare,
    fates,
    happen,
    people,
    record,
    store,
)

pytestmark = pytest.mark.storage


class Killed(BaseException):
    """What ends a process in the middle of a part."""


@pytest.fixture
def triage(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Parts of twenty predictions, of which there are 210, all with outcomes."""
    monkeypatch.setattr(walking, "PAGE", 10)
    monkeypatch.setattr(walking, "PAGES", 2)
    declare()
    published.publish(database)
    store(database, labels=("well", "ill"))
    happen(database, fates(record(database, people(210))))
    return database


def parts(backtest: Backtest) -> QuerySet[BacktestPart]:
    return BacktestPart.objects.filter(backtest=backtest)


def killed(backtest: Backtest, monkeypatch: pytest.MonkeyPatch, at: int) -> list[int]:
    """An attempt whose process ends with so many predictions asked about; how many each later page has."""
    asked: list[int] = []
    lives, add = [at], Part.add

    def counted(part: Part, page: Any, outcomes: Any) -> None:
        if lives == [sum(asked)]:
            lives.clear()
            raise Killed
        asked.append(len(page))
        add(part, page, outcomes)

    monkeypatch.setattr(Part, "add", counted)
    run = running.claim(backtest.job_id or UUID(int=0))
    assert run is not None
    with suppress(Killed):
        perform(run)
    Job.objects.filter(backtests=backtest).update(lease_until=now() - timedelta(seconds=1))
    asked.clear()
    return asked


def test_after_a_kill_it_goes_on_with_the_parts_that_are_written(
    triage: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = carried_out(ask()).result
    again = ask(again=True)
    Backtest.objects.filter(pk=again.pk).update(asked_at=whole["as_of"])
    asked = killed(again, monkeypatch, at=110)
    assert parts(again).count() == 5
    done = carried_out(again)
    assert sum(asked) == 110  # 100 of 210 were done
    assert done.result == whole
    assert parts(again).count() == 0


def test_killed_after_the_last_part_only_the_scores_are_left(
    triage: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    backtest = ask()

    def ended(*_: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("flyball.control.backtests.jobs.result", ended)
        asked = killed(backtest, monkeypatch, at=-1)
    assert parts(backtest).count() == 11
    assert carried_out(backtest).result["labelled"] == 210
    assert asked == []


def test_the_same_one_is_asked_once_while_it_is_under_way(triage: Database) -> None:
    first = ask()
    assert ask() == first
    assert ask(although_learned=True) != first
    assert ask(again=True) != first
    carried_out(first)
    assert ask() != first


def test_a_cancelled_one_ends_and_keeps_no_part(triage: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    backtest = ask()
    killed(backtest, monkeypatch, at=50)
    assert parts(backtest).exists()
    job = Job.objects.get(backtests=backtest)
    services.cancel(job=job)
    running.expire()
    backtest.refresh_from_db()
    assert selectors.status(backtest) == "cancelled"
    assert not parts(backtest).exists()


def test_a_failed_one_says_why_and_may_be_tried_again(triage: Database) -> None:
    backtest = ask()
    artifact = Artifact.objects.get(digest=registry.manifest(registry.version("triage", 2)).answering.digest)
    Artifact.objects.filter(pk=artifact.pk).delete()
    failed = carried_out(backtest)
    assert selectors.status(failed) == "failed"
    assert selectors.error(failed)
    artifact.save()
    assert failed.job is not None
    services.retry(job=failed.job)
    assert carried_out(backtest).result["labelled"] == 210


def test_it_outlives_its_job(triage: Database) -> None:
    done, failed = carried_out(ask()), ask(again=True)
    Job.objects.all().delete()
    assert [each.job for each in selectors.backtests("triage")] == [None, None]
    assert selectors.document(selectors.backtest("triage", done.pk))["result"]["labelled"] == 210
    assert selectors.summary(selectors.backtest("triage", failed.pk))["status"] == "failed"
    assert selectors.error(selectors.backtest("triage", failed.pk))


def test_no_example_is_named_that_has_been_erased_since(triage: Database) -> None:
    done = carried_out(ask())
    named = done.result["examples"]
    assert len(named) == 5
    connection = triage.connect()
    assert erasing.erase(triage, connection, UUID(named[0]), now())
    connection.close()
    assert selectors.document(done)["result"]["examples"] == named[1:]


def test_parts_make_no_difference(triage: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    small = carried_out(ask()).result
    again = ask(again=True)
    Backtest.objects.filter(pk=again.pk).update(asked_at=small["as_of"])
    monkeypatch.setattr(walking, "PAGE", 1000)
    assert carried_out(again).result == small


def test_too_many_rows_to_hold_are_scored_by_some_that_chance_chose(
    triage: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flyball.control.backtests.rows.MOST_NUMBERS", 100 * 10)
    found = carried_out(ask()).result
    assert 70 < found["scores"]["rows"] < 130
    assert found["labelled"] == 210


def test_what_is_no_past_period_is_refused(triage: Database) -> None:
    with pytest.raises(InvalidInput, match="ends before it begins"):
        ask(start=END, end=END)
    with pytest.raises(InvalidInput, match="has not ended yet"):
        ask(end=now() + DAY)
    with pytest.raises(UnknownVersion):
        ask(version=9)
    with pytest.raises(NotFound):
        selectors.backtest("triage", 99)
    assert ask(end=now() - timedelta(seconds=1), start=START).start == START
