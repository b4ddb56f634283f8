"""Writes: a backtest is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from flyball.control.backtests.models import Backtest
from flyball.control.declarations import selectors as endpoints
from flyball.control.jobs import services as jobs
from flyball.control.registry import selectors as registry
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.records import now
from flyball.domain.values import timestamp_text

KIND = "backtest"


def ask_backtest(
    *,
    endpoint: str,
    version: int,
    start: datetime,
    end: datetime | None = None,
    although_learned: bool = False,
    again: bool = False,
    user: Any = None,
) -> tuple[Backtest, bool]:
    """Ask what a version would have answered from ``start`` on and before ``end`` (now), as a job.

    Returns the backtest, and whether it is a new one: the same one, where it waits or runs already, unless
    ``again``. Raises ``UnknownEndpoint``, ``Retired``, ``UnknownVersion``, and ``InvalidInput`` for a period
    that is empty or has not ended.
    """
    applied, moment = endpoints.endpoint(endpoint), now()
    chosen = registry.version(endpoint, version)
    until = end or moment
    _check(start, until, moment)
    arguments = {
        "version": chosen.number,
        "from": timestamp_text(start),
        "to": None if end is None else timestamp_text(end),
        "although_learned": although_learned,
    }
    with transaction.atomic():  # a job without its backtest would have nothing to do
        job, is_new = jobs.ask_once(kind=KIND, endpoint=applied, arguments=arguments, user=user, again=again)
        if not is_new:
            return Backtest.objects.get(job=job), False
        made = Backtest.objects.create(
            endpoint=applied,
            version=chosen.number,
            start=start,
            end=until,
            although_learned=although_learned,
            job=job,
            asked_by=user,
            asked_at=moment,
        )
    return made, True


def _check(start: datetime, end: datetime, moment: datetime) -> None:
    problems = []
    if start >= end:
        problems.append(Problem("/from", "empty_period", "The period ends before it begins, or at once."))
    if end > moment:
        problems.append(Problem("/to", "in_the_future", "The period has not ended yet."))
    if problems:
        raise InvalidInput("That is no past period.", problems=problems)
