"""Reads: backtests of an endpoint, and one as every door shows it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from flyball.control.backtests.models import Backtest
from flyball.control.jobs import selectors as jobs
from flyball.control.routing.models import Prediction
from flyball.domain.errors import NotFound
from flyball.domain.values import moment_text, timestamp_text


def backtests(endpoint: str) -> QuerySet[Backtest]:
    """An endpoint's backtests, newest first."""
    every = Backtest.objects.filter(endpoint_id=endpoint)
    return every.select_related("job", "asked_by").order_by("-id")


def backtest(endpoint: str, number: int) -> Backtest:
    """One of them. Raises ``NotFound``."""
    found = backtests(endpoint).filter(pk=number).first()
    if found is None:
        raise NotFound(f"{endpoint} has no backtest {number}.")
    return found


def status(backtest: Backtest) -> str:
    """How far it is, in the words of its job; also once that is no longer kept."""
    return jobs.status(backtest.job, is_done=backtest.done_at is not None)


def error(backtest: Backtest) -> str:
    """Why it has no result; empty where it has one, or may still get one."""
    return jobs.error(backtest.job, is_done=backtest.done_at is not None)


def summary(backtest: Backtest) -> dict[str, Any]:
    """What was asked, and how far it is."""
    return {
        "number": backtest.pk,
        "endpoint": backtest.endpoint_id,
        "version": backtest.version,
        "from": timestamp_text(backtest.start),
        "to": timestamp_text(backtest.end),
        "although_learned": backtest.although_learned,
        "status": status(backtest),
        "error": error(backtest),
        "error_code": "" if backtest.job is None else backtest.job.error_code,
        "job": None if backtest.job is None else str(backtest.job.pk),
        "asked_by": backtest.asked_by and backtest.asked_by.get_username(),
        "asked_at": timestamp_text(backtest.asked_at),
        "done_at": moment_text(backtest.done_at),
    }


def document(backtest: Backtest) -> dict[str, Any]:
    """The same with the result, ``None`` until there is one; no example that has been erased since."""
    found = dict(backtest.result) or None
    if found:
        known = Prediction.objects.filter(pk__in=found["examples"], erased_at=None).order_by("id")
        found["examples"] = [str(each) for each in known.values_list("pk", flat=True)]
    return {**summary(backtest), "result": found}
