"""How every endpoint stands: who answers, what was built last, what came in, and its jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Sum

from flyball.control.declarations import selectors as declarations
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Build
from flyball.control.routing import selectors as routing
from flyball.control.routing.models import Minute, Outcome
from flyball.domain.records import now
from flyball.stores.minutes import minute_of

UNDER_WAY = (Job.Status.QUEUED, Job.Status.RUNNING)
COUNTED = ("answers", "refused", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one endpoint stands. Moments are UTC; ``answers``, ``refused`` and ``failed`` are of the last hour.

    ``champion`` is the number of the version that answers, ``jobs`` how many are queued and running.
    """

    endpoint: str
    team: str
    champion: int | None
    promoted_at: datetime | None
    build: int | None
    build_status: str | None
    built_at: datetime | None
    outcome_at: datetime | None
    answers: int
    refused: int
    failed: int
    jobs: dict[str, int]


def standings(moment: datetime | None = None) -> list[Standing]:
    """Every endpoint that has been applied and not retired, by name. ``moment`` is what counts as now."""
    counted, jobs = _counted(moment or now()), _jobs()
    return [
        _standing(each.name, each.team.slug, counted.get(each.name, {}), jobs.get(each.name, {}))
        for each in declarations.endpoints().filter(retired_at=None).order_by("name")
    ]


def _standing(name: str, team: str, counted: dict[str, int], jobs: dict[str, int]) -> Standing:
    revision = routing.revisions(name).first()
    build = Build.objects.filter(endpoint_id=name).first()
    return Standing(
        endpoint=name,
        team=team,
        champion=routing.document(revision).champion.version if revision else None,
        promoted_at=revision.created_at if revision else None,
        build=build.pk if build else None,
        build_status=build.status if build else None,
        built_at=(build.finished_at or build.asked_at) if build else None,
        outcome_at=_last_outcome(name),
        answers=counted.get("answers", 0),
        refused=counted.get("refused", 0),
        failed=counted.get("failed", 0),
        jobs=jobs,
    )


def _last_outcome(name: str) -> datetime | None:
    # Asked first, which an index answers: the newest of none would be looked for among all endpoints'.
    own = Outcome.objects.filter(endpoint=name)
    if not own.exclude(prediction=None).exists() and not own.filter(prediction=None).exists():
        return None
    return own.order_by("-id").values_list("received_at", flat=True).first()


def _counted(moment: datetime) -> dict[str, dict[str, int]]:
    """By endpoint and name, over the hour before a moment."""
    minute = minute_of(moment - timedelta(minutes=59))
    rows = Minute.objects.filter(minute__gte=minute, name__in=COUNTED).values_list("endpoint", "name")
    found: dict[str, dict[str, int]] = {}
    for endpoint, name, count in rows.annotate(sum=Sum("count")).order_by():
        found.setdefault(endpoint, {})[name] = count
    return found


def _jobs() -> dict[str, dict[str, int]]:
    """By endpoint and status, those that have not ended."""
    rows = Job.objects.filter(status__in=UNDER_WAY, endpoint__isnull=False).values_list("endpoint", "status")
    found: dict[str, dict[str, int]] = {}
    for endpoint, status, count in rows.annotate(number=Count("id")).order_by():
        found.setdefault(endpoint, {})[status] = count
    return found
