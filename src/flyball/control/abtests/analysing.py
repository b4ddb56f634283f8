"""Looking at a test, as a job: what came since is added up, judged, and what was declared is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from flyball.control.abtests import selectors, services
from flyball.control.abtests.counting.closing import close
from flyball.control.abtests.counting.exposing import expose
from flyball.control.abtests.counting.failing import count_errors
from flyball.control.abtests.counting.measures.choosing import measures
from flyball.control.abtests.counting.measures.units import Measure
from flyball.control.abtests.judging.summarising import added, summary
from flyball.control.abtests.judging.verdicts import document_of, look_of
from flyball.control.abtests.making import following
from flyball.control.abtests.models import ABTest, Exposure, Look, Sums
from flyball.control.abtests.spec import Spec, of_document
from flyball.control.abtests.steering.acting import act
from flyball.control.abtests.strata import History, history
from flyball.control.declarations import discovery
from flyball.control.declarations.configured import configured
from flyball.control.jobs.running import Run
from flyball.control.registry import selectors as registry
from flyball.domain.abtests.verdict import Summary, Verdict, judge
from flyball.domain.errors import FlyballError
from flyball.domain.records import now

LOOKS = 400
"""Looks of one test that are kept; of older ones every second goes when there are more."""


def carry_out(run: Run, *, test: int, again: bool = False) -> dict[str, Any]:
    """The job: what ``look`` does; ``again`` counts all from the stored rows anew first."""
    found = selectors.abtest(run.endpoint or "", test)
    if again:
        forget(test=found)
    state = look(test=found, report=run.report)
    return {"test": test, "state": state}


def look(*, test: ABTest, moment: datetime | None = None, report: Any = None) -> str:
    """Take in what came until a moment (now), judge it, keep that, and do what is due; the verdict's state.

    What cannot be read is kept as the test's trouble, and the next look tries it again. A test that was never
    in force has the state ``not_started``.
    """
    found, at = history(test), moment or now()
    services.notice(test=test, found=found)
    if not found.strata:
        _keep(test, next_look_at=None if test.ended_at else following(test, at))
        return "not_started"
    spec = of_document(test.spec)
    try:
        measured = _measures(test, spec, found)
        _take_in(test, spec, found, measured, at, report)
        seen = summary(spec, found, added(test), at)
    except FlyballError as error:
        _keep(test, trouble=error.detail[:500], next_look_at=following(test, at))
        raise
    verdict = judge(seen, spec.rules)
    _save(test, found, seen, verdict, at)
    if test.ended_at is None:
        act(test=test, spec=spec, history=found, verdict=verdict, moment=at)
    return verdict.state


def forget(*, test: ABTest) -> None:
    """Forget what was counted, so that the next look counts the stored rows from the beginning.

    Errors have no rows: what servers counted of them is written whole at each look, while it changes.
    """
    errors = [each.name for each in of_document(test.spec).metrics if each.shape == "errors"]
    with transaction.atomic():
        ABTest.objects.select_for_update().get(pk=test.pk)
        Exposure.objects.filter(test=test).delete()
        Sums.objects.filter(test=test).exclude(metric__in=errors).delete()
        _keep(test, cursor={})


def _measures(test: ABTest, spec: Spec, found: History) -> list[Measure]:
    version = registry.version(test.endpoint_id, found.strata[0].arms["champion"].version)
    return measures(spec, discovery.find(test.endpoint_id), registry.manifest(version))


def _take_in(
    test: ABTest, spec: Spec, found: History, measured: Sequence[Measure], at: datetime, report: Any
) -> None:
    """All that there is, a transaction at a time: who is killed in between goes on from there."""
    horizon = at - _lag()
    said = report or (lambda **_: None)
    while expose(test, spec, found, horizon):
        said(message="reading predictions")
    while close(test, spec, found, measured):
        said(message="counting units")
    with transaction.atomic():
        ABTest.objects.select_for_update().get(pk=test.pk)
        count_errors(test, spec, found, at)


def _save(test: ABTest, found: History, seen: Summary, verdict: Verdict, at: datetime) -> None:
    with transaction.atomic():
        Look.objects.create(test=test, at=at, document=look_of(seen, verdict))
        _thin(test)
        # Servers that have not heard of the end yet answer by the old route, and commit that late, too.
        over = test.ended_at is not None and at > test.ended_at + 2 * _lag()
        kept: dict[str, Any] = {"trouble": "", "next_look_at": None if over else following(test, at)}
        if test.decided_at is None or _is_open_again(test, found):  # else a verdict that was final stays
            kept["verdict"] = document_of(verdict)
            kept["decided_at"] = at if verdict.final else None
        _keep(test, **kept)


def _is_open_again(test: ABTest, found: History) -> bool:
    """Whether the final verdict is of a challenger whose part has ended since: the others go on."""
    of = (test.verdict or {}).get("challenger")
    return found.ended_at is None and of is not None and of not in found.strata[-1].shares


def _lag() -> timedelta:
    return timedelta(seconds=configured().abtest_lag_seconds)


def _thin(test: ABTest) -> None:
    every = list(Look.objects.filter(test=test).order_by("at").values_list("pk", flat=True))
    if len(every) > LOOKS:
        Look.objects.filter(pk__in=every[1 : LOOKS // 2 : 2]).delete()


def _keep(test: ABTest, **values: Any) -> None:
    for name, value in values.items():
        setattr(test, name, value)
    test.save(update_fields=list(values))
