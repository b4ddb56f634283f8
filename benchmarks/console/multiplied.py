"""Everything but what is recorded, many times over after one pattern: by the models, in bulk."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models, transaction

from benchmarks.console.pattern import Pattern
from benchmarks.console.size import BUILDS, NAME, READER, REVISIONS, SNAPSHOTS, TEAM, VERSIONS, Size
from flyball.control.accounts.models import ApiKey, Membership, Team
from flyball.control.accounts.services import ensure_team
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs.models import Job
from flyball.control.registry.models import BuildUnit, CandidateResult
from flyball.control.schedules.models import Schedule, ScheduledRun
from flyball.domain.records import now

TEAMS = (TEAM,) * 7 + ("middle",) * 2 + ("small",)
MANY = 2000
"""Rows in one statement."""
RUNS = 20
LOG = "Read another thousand rows of the table, and went on.\n" * 60


def multiply(pattern: Pattern, size: Size) -> None:
    """Fill the tables of the control plane."""
    teams = {slug: ensure_team(slug=slug) for slug in dict.fromkeys(TEAMS)}
    _people(teams[TEAM], size.people)
    names = [f"endpoint_{number:04}" for number in range(size.endpoints)]
    owners = [teams[TEAMS[place % len(TEAMS)]] for place in range(len(names))]
    _put(
        Endpoint(name=name, team=team, task="classification", description="Who buys.")
        for name, team in list(zip(names, owners, strict=True))[1:]
    )
    for name, team in zip(names, owners, strict=True):
        with transaction.atomic():
            _endpoint(pattern, name, team.slug)
    _jobs(names, owners, size.jobs)
    _schedules(names[: size.schedules])


def like(row: models.Model, **changes: Any) -> Any:
    """The same row once more, without its number, but for these."""
    values = {each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields}
    return type(row)(**{**values, "id": None, **changes})


def _put(rows: Any) -> list[Any]:
    every: Sequence[Any] = list(rows)
    model: Any = type(every[0])
    return list(model.objects.bulk_create(every, batch_size=MANY))


def _endpoint(pattern: Pattern, name: str, team: str) -> None:
    """Snapshots, builds with what they searched, versions and a route."""
    snapshots = _put(
        like(pattern.snapshot, endpoint_id=name, digest=hashlib.sha256(f"{name}{n}".encode()).hexdigest())
        for n in range(SNAPSHOTS)
    )
    builds = _put(
        like(pattern.build, endpoint_id=name, snapshot_id=snapshots[n % SNAPSHOTS].pk) for n in range(BUILDS)
    )
    _put(like(unit, build_id=build.pk) for build in builds for unit in _units(pattern))
    results = _put(like(result, build_id=build.pk) for build in builds for result in _results(pattern))
    last = _last(name)
    _put(
        like(
            pattern.version,
            endpoint_id=name,
            number=number,
            candidate_id=results[number % len(results)].pk,
            manifest={**pattern.version.manifest, "endpoint": name, "number": number},
        )
        for number in range(last + 1, VERSIONS + 1)
    )
    revisions = REVISIONS * (5 if name == NAME else 1)
    _put(
        like(
            pattern.revision,
            endpoint_id=name,
            number=number,
            document={
                **pattern.revision.document,
                "endpoint": name,
                "team": team,
                "number": number,
                "arms": [{"name": "champion", "version": max(1, VERSIONS - revisions + number)}],
            },
        )
        for number in range(1 + last, revisions + 1)
    )


def _last(name: str) -> int:
    """The pattern's own endpoint has its first version and revision already."""
    return int(name == NAME)


def _units(pattern: Pattern) -> list[BuildUnit]:
    return list(pattern.build.units.all())


def _results(pattern: Pattern) -> list[CandidateResult]:
    return list(pattern.build.results.all())


def _people(team: Team, number: int) -> None:
    user: Any = get_user_model()
    names = [READER, *(f"person-{place:03}" for place in range(1, number))]
    found = _put(user(username=name, email=f"{name}@example.org") for name in names)
    _put(
        Membership(user=each, team=team, role="viewer" if each.username != READER else "owner")
        for each in found
    )
    _put(
        ApiKey(digest=hashlib.sha256(name.encode()).hexdigest(), label=name, team=team, role="member")
        for name in names
    )


def _jobs(names: Sequence[str], owners: Sequence[Team], number: int) -> None:
    """Of all kinds and states; the first endpoint has one in seven."""
    began, statuses = now() - timedelta(days=7), list(Job.Status)
    rows = []
    for place in range(number):
        which = 0 if place % 7 == 0 else place % len(names)
        status = statuses[place % len(statuses)]
        asked = began + timedelta(days=7) * (place / number)
        has_begun, has_ended = status != Job.Status.QUEUED, status not in {"queued", "running"}
        rows.append(
            Job(
                kind=("snapshot", "build")[place // 5 % 2],
                queue="build",
                team=owners[which],
                endpoint_id=names[which],
                status=status,
                attempts=3,
                asked_at=asked,
                due_at=asked,
                started_at=asked if has_begun else None,
                finished_at=asked + timedelta(minutes=1) if has_ended else None,
                lease_until=now() + timedelta(days=365) if status == Job.Status.RUNNING else None,
                progress=0.5 if has_begun else None,
                log=LOG if has_begun else "",
                error="The rows are wrong." if status == Job.Status.FAILED else "",
            )
        )
    _put(rows)


def _schedules(names: Sequence[str]) -> None:
    """One each, with runs of jobs that have ended."""
    made = _put(
        Schedule(endpoint_id=name, name="nightly", kind="build", times="0 2 * * *", timezone="UTC")
        for name in names
    )
    ended = list(Job.objects.exclude(finished_at=None).values_list("pk", flat=True)[: len(made) * RUNS])
    runs = ((*divmod(place, len(made)), job) for place, job in enumerate(ended))
    _put(
        ScheduledRun(schedule=made[which], job_id=job, due_at=now() - timedelta(days=1 + days))
        for days, which, job in runs
    )
