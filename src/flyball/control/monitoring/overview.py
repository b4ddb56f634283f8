"""How every endpoint stands: who answers, what was built last, what came in, and its jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Subquery, Sum

from flyball.control.abtests.models import ABTest
from flyball.control.declarations import selectors as declarations
from flyball.control.jobs.kinds import parts
from flyball.control.jobs.models import Job
from flyball.control.jobs.selectors import UNDER_WAY
from flyball.control.registry.models import Build
from flyball.control.routing import selectors as routing
from flyball.control.routing.models import Minute, Outcome, RouteRevision
from flyball.domain.records import now
from flyball.stores.minutes import minute_of

COUNTED = ("answers", "refused", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one endpoint stands. Moments are UTC; ``answers``, ``refused`` and ``failed`` are of the last hour.

    ``champion`` is the number of the version that answers, ``fallback`` of the one that does where it fails;
    ``jobs`` is how many are queued and running; ``test`` the ``number`` of the A/B test in force with the
    ``state`` and ``sentence`` of its newest verdict.
    """

    endpoint: str
    team: str
    champion: int | None
    fallback: int | None
    promoted_at: datetime | None
    build: int | None
    build_status: str | None
    built_at: datetime | None
    outcome_at: datetime | None
    answers: int
    refused: int
    failed: int
    jobs: dict[str, int]
    test: dict[str, Any] | None


def standings(names: Sequence[str] | None = None, moment: datetime | None = None) -> list[Standing]:
    """Every endpoint that has been applied and not retired, by name; ``names`` limits which.

    ``moment`` is what counts as now. As many queries for a thousand endpoints as for one.
    """
    own: dict[str, Any] = {"endpoint": OuterRef("name")}
    every = declarations.endpoints().filter(retired_at=None).order_by("name")
    if names is not None:
        every = every.filter(name__in=names)
    rows = every.annotate(
        revision=Subquery(RouteRevision.objects.filter(**own).order_by("-number").values("pk")[:1]),
        build=Subquery(Build.objects.filter(**own).order_by("-id").values("pk")[:1]),
        outcome_at=Subquery(Outcome.objects.filter(**own).order_by("-id").values("received_at")[:1]),
    ).values("name", "team__slug", "revision", "build", "outcome_at")
    # No more of each than is told: documents of a thousand routes take long to read.
    arms = RouteRevision.objects.annotate(arms=F("document__arms"), test=F("document__test__number"))
    arms = arms.only("created_at")
    revisions = arms.in_bulk([each["revision"] for each in rows if each["revision"]])
    ended = Build.objects.only("status", "asked_at", "finished_at")
    builds = ended.in_bulk([each["build"] for each in rows if each["build"]])
    counted, jobs = _counted(moment or now(), names), _jobs(names)
    tests = _tests(names)
    return [
        _standing(
            each,
            revisions.get(each["revision"]),
            builds.get(each["build"]),
            counted.get(each["name"], {}),
            jobs.get(each["name"], {}),
            tests,
        )
        for each in rows
    ]


def _standing(
    row: Mapping[str, Any],
    revision: Any,
    build: Build | None,
    counted: dict[str, int],
    jobs: dict[str, int],
    tests: Mapping[tuple[str, int], dict[str, Any]],
) -> Standing:
    return Standing(
        endpoint=row["name"],
        team=row["team__slug"],
        champion=routing.champion_of(revision.arms) if revision else None,
        fallback=routing.fallback_of(revision.arms) if revision else None,
        promoted_at=revision.created_at if revision else None,
        build=build.pk if build else None,
        build_status=build.status if build else None,
        built_at=(build.finished_at or build.asked_at) if build else None,
        outcome_at=row["outcome_at"],
        answers=counted.get("answers", 0),
        refused=counted.get("refused", 0),
        failed=counted.get("failed", 0),
        jobs=jobs,
        test=tests.get((row["name"], revision.test)) if revision else None,
    )


def _tests(names: Sequence[str] | None) -> dict[tuple[str, int], dict[str, Any]]:
    """By endpoint and number, those that have not ended."""
    rows = ABTest.objects.filter(ended_at=None).only("endpoint", "number", "verdict")
    if names is not None:
        rows = rows.filter(endpoint__name__in=names)
    return {
        (test.endpoint_id, test.number): {
            "number": test.number,
            **{name: (test.verdict or {}).get(name) for name in ("state", "sentence")},
        }
        for test in rows
    }


def _counted(moment: datetime, names: Sequence[str] | None) -> dict[str, dict[str, int]]:
    """By endpoint and name, over the hour before a moment."""
    minute = minute_of(moment - timedelta(minutes=59))
    rows = Minute.objects.filter(minute__gte=minute, name__in=COUNTED).values_list("endpoint", "name")
    if names is not None:
        rows = rows.filter(endpoint__in=names)
    found: dict[str, dict[str, int]] = {}
    for endpoint, name, count in rows.annotate(sum=Sum("count")).order_by():
        found.setdefault(endpoint, {})[name] = count
    return found


def _jobs(names: Sequence[str] | None) -> dict[str, dict[str, int]]:
    """By endpoint and status, those that have not ended."""
    asked = Job.objects.filter(status__in=UNDER_WAY, endpoint__isnull=False).exclude(kind__in=parts())
    rows = asked.values_list("endpoint", "status")
    if names is not None:
        rows = rows.filter(endpoint__name__in=names)
    found: dict[str, dict[str, int]] = {}
    for endpoint, status, count in rows.annotate(number=Count("id")).order_by():
        found.setdefault(endpoint, {})[status] = count
    return found
