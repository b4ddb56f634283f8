"""Through the predictions of a period, part by part: each is written when it is done, and not done again."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from flyball.control.backtests.collecting import Part
from flyball.control.backtests.draws import Draws
from flyball.control.backtests.models import Backtest, BacktestPart
from flyball.control.backtests.subject import Subject
from flyball.control.connection import database
from flyball.control.jobs.running import Run
from flyball.stores import outcomes, records

PAGE = 1000
"""Predictions of one read and of one question to the model, at most."""
PAGES = 8
"""Of one part."""
NUMBERS = 100_000
"""Of one part at most, nearly: on SQLite others wait while it is written."""
OF_A_ROW = 20
"""Numbers of a prediction beside the probabilities of its labels."""


def walk(run: Run, backtest: Backtest, subject: Subject) -> None:
    """Ask about every prediction of the period that no attempt before has asked about.

    Raises what ``run.report`` does.
    """
    done = BacktestPart.objects.filter(backtest=backtest).order_by("-pk").first()
    if done is not None and done.last is None:
        return
    after, draws = None if done is None else done.last, Draws(subject)
    store, page = database(), _page(subject)
    with closing(store.connect_read_only()) as connection:
        while True:
            part, after = _part(run, subject, draws, (store, connection), after, page)
            _keep(run, backtest, part, after)
            if after is None:
                return


def first(backtest: Backtest) -> datetime | None:
    """When the first prediction of the period was made; ``None`` where there is none."""
    store = database()
    after: UUID | None = None
    with closing(store.connect_read_only()) as connection:
        while True:
            found, after = records.between(
                store, connection, backtest.endpoint_id, backtest.start, backtest.end, after=after, limit=100
            )
            if found:
                return min(each.created_at for each in found)
            if after is None:
                return None


def _page(subject: Subject) -> int:
    """How many predictions are a page, so that a part of many labels stays small as well."""
    return max(10, min(PAGE, NUMBERS // (2 * len(subject.manifest.classes) + OF_A_ROW)))


def _part(
    run: Run, subject: Subject, draws: Draws, opened: tuple[Any, Any], after: UUID | None, page: int
) -> tuple[Part, UUID | None]:
    """The next part, and where the one after it goes on; ``None`` after the last one."""
    part = Part(subject, draws)
    for _ in range(min(PAGES, max(1, NUMBERS // (page * OF_A_ROW)))):
        found, after = records.between(
            *opened, subject.endpoint, subject.start, subject.end, after=after, limit=page
        )
        known = outcomes.counting(
            *opened, subject.endpoint, [each.id for each in found], received_until=subject.as_of
        )
        part.add(found, known)
        if found:
            share = (found[-1].created_at - subject.start) / (subject.end - subject.start)
            run.report(progress=share, message=f"asking version {subject.manifest.number}")
        if after is None:
            break
    return part, after


def _keep(run: Run, backtest: Backtest, part: Part, after: UUID | None) -> None:
    kept = {"counts": part.counts.kept(), "sizes": part.rows.sizes()}
    packed = part.rows.packed()
    with transaction.atomic():
        run.got_on()  # the fence: who has lost the job writes no part
        BacktestPart.objects.create(backtest=backtest, last=after, counts=kept, rows=packed)
