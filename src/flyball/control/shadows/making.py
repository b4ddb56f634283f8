"""Asking for the jobs of shadows: where something waits, and one at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from flyball.control.declarations import discovery
from flyball.control.jobs import services as jobs
from flyball.control.jobs.models import Job
from flyball.control.jobs.selectors import UNDER_WAY
from flyball.control.routing import selectors as routing
from flyball.control.routing.models import Outcome, Prediction
from flyball.control.shadows import resting
from flyball.control.shadows.known import KIND, arm_of, unjudged
from flyball.control.shadows.models import Shadow
from flyball.domain.records import first_id

WAIT = timedelta(seconds=10)
"""How old what waits has to be: a job begins with a second of loading."""
AFTER_A_FAILURE = timedelta(seconds=60)
"""From the end of a job that failed to the next one."""

IN_A_CROWD = timedelta(minutes=5)
"""From the end of one to the next where others wait for processors: that second is theirs."""


def make_due(moment: datetime) -> None:
    """Ask for the job of the shadow that something has waited for longest; none while one is under way.

    One at a time: a worker has few places, and others wait for them too. Of several who look at once one
    asks.
    """
    every = list(Shadow.objects.filter(ended_at=None, endpoint__retired_at=None).order_by("cursor"))
    if not every or Job.objects.filter(kind=KIND, status__in=UNDER_WAY).exists():
        return
    for row in every:
        if _has_work(row, moment) and _may_begin(row, moment) and _is_routed(row, moment):
            _ask(row)
            return


def _has_work(row: Shadow, moment: datetime) -> bool:
    edge = moment - WAIT
    waiting = Prediction.objects.filter(endpoint=row.endpoint_id, id__gt=row.cursor, id__lt=first_id(edge))
    if waiting.order_by("id").values("id").first() is not None:
        return True
    told = Outcome.objects.filter(endpoint=row.endpoint_id, id__gt=row.outcome_cursor, received_at__lt=edge)
    if told.order_by("id").values("id").first() is None:
        return False
    return not unjudged(discovery.autodiscover().get(row.endpoint_id))


def _may_begin(row: Shadow, moment: datetime) -> bool:
    """Whether it is long enough since its last job, which may have failed."""
    before = Job.objects.filter(kind=KIND, endpoint_id=row.endpoint_id, arguments__version=row.version)
    if before.filter(finished_at__gt=moment - AFTER_A_FAILURE).exclude(status=Job.Status.SUCCEEDED).exists():
        return False
    is_crowded = resting.part() <= resting.LEAST
    return not (is_crowded and before.filter(finished_at__gt=moment - IN_A_CROWD).exists())


def _is_routed(row: Shadow, moment: datetime) -> bool:
    """Whether the version is a shadow still: one that became champion is none, and its row says so."""
    route = routing.route(row.endpoint_id)
    if route is not None and arm_of(route, row.version) is not None:
        return True
    Shadow.objects.filter(pk=row.pk, turn=row.turn).update(ended_at=moment, turn=F("turn") + 1)
    return False


def _ask(row: Shadow) -> None:
    jobs.ask_next(kind=KIND, endpoint=row.endpoint, arguments={"version": row.version}, user=row.asked_by)
