"""Reads: versions, their manifests and artifacts, and builds with their leaderboards."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import F, QuerySet

from flyball.control.connection import database
from flyball.control.datasets import selectors as datasets
from flyball.control.datasets.models import Snapshot
from flyball.control.declarations.trust import trusted
from flyball.control.registry.models import Build, BuildUnit, CandidateResult, Version
from flyball.domain.errors import NotFound, UnknownVersion
from flyball.domain.routing import Manifest
from flyball.stores import artifacts
from flyball.typed import known

known(Manifest)

TRIALS = 1000
"""Units of a build that are read for its trials: a page shows no more."""

if TYPE_CHECKING:
    from flyball.inference.runtime import Runtime
    from flyball.learning.dataset import Dataset


def versions(endpoint: str) -> QuerySet[Version]:
    """The versions of an endpoint, newest first; none that was removed."""
    return (
        Version.objects.filter(endpoint_id=endpoint, removed_at=None)
        .select_related("candidate__build__snapshot")
        .order_by("-number")
    )


def listed(endpoint: str) -> QuerySet[Version]:
    """The same for lists: a few facts by name, without those that may be megabytes."""
    every = Version.objects.filter(endpoint_id=endpoint, removed_at=None).defer("facts", "manifest")
    return every.order_by("-number").annotate(
        artifacts=F("manifest__artifacts"),
        candidate_name=F("facts__candidate"),
        metric=F("facts__metric"),
        held_out_score=F("facts__held_out_score"),
        digest=F("facts__snapshot__digest"),
        row_count=F("facts__snapshot__rows"),
    )


def version(endpoint: str, number: int) -> Version:
    """One version. Raises ``UnknownVersion``, also for one that was removed."""
    found = versions(endpoint).filter(number=number).first()
    if found is None:
        if Version.objects.filter(endpoint_id=endpoint, number=number).exists():
            raise UnknownVersion(f"{endpoint}@{number} was removed.")
        raise UnknownVersion(f"{endpoint} has no version {number}.")
    return found


def newest(endpoint: str) -> Version:
    """The version with the highest number that is not archived. Raises ``UnknownVersion``."""
    found = versions(endpoint).filter(archived_at=None).first()
    if found is None:
        raise UnknownVersion(f"{endpoint} has no version yet; flyball build {endpoint} makes one.")
    return found


def manifest(version: Version) -> Manifest:
    """What it takes to load a version."""
    return msgspec.convert(version.manifest, Manifest)


def artifact(digest: str) -> bytes:
    """The bytes of an artifact, checked against their SHA-256. Raises ``ArtifactCorrupt``."""
    store = database()
    with closing(store.connect()) as connection:
        return artifacts.read(store, connection, digest)


def loaded(version: Version) -> Runtime:
    """A version, loaded here and proven by its golden rows.

    Raises ``ArtifactCorrupt``, ``ArtifactUntrusted`` or ``GoldenMismatch``.
    """
    from flyball.inference import runtime

    published = manifest(version)
    return runtime.load(published, artifact(published.answering.digest), trusted(version.endpoint_id))


def dataset(snapshot: Snapshot, task: str, weight: str = "") -> Dataset:
    """A snapshot's rows as models learn from them, by the ``weight`` of that column. Raises ``DataError``."""
    from flyball.learning import dataset

    return dataset.read(datasets.verified_path(snapshot), datasets.snapshot_schema(snapshot), task, weight)


def builds(endpoint: str) -> QuerySet[Build]:
    """The builds of an endpoint, newest first."""
    return Build.objects.filter(endpoint_id=endpoint).select_related("snapshot", "asked_by").order_by("-id")


def builds_of(endpoints: Any) -> QuerySet[Build]:
    """The builds of endpoints (names, or a query of them), newest first, without what snapshots hold."""
    every = Build.objects.filter(endpoint__in=endpoints).select_related("snapshot")
    return every.defer("snapshot__schema", "snapshot__profile").order_by("-id")


def tried(build: Build) -> int:
    """How many units of a build's search are done."""
    return BuildUnit.objects.filter(build=build).exclude(done_at=None).count()


def registered(build: Build) -> dict[int, int]:
    """The newest version of each candidate of a build that has one, by the candidate's own number."""
    made = Version.objects.filter(candidate__build=build, removed_at=None).order_by("number")
    return dict(made.values_list("candidate_id", "number"))


def builds_on(snapshots: Collection[int]) -> dict[int, list[int]]:
    """The numbers of the builds on each of some snapshots, by the snapshots' own, newest first."""
    found: dict[int, list[int]] = {}
    every = Build.objects.filter(snapshot__in=snapshots).order_by("-id")
    for snapshot, number in every.values_list("snapshot_id", "pk"):
        found.setdefault(snapshot, []).append(number)
    return found


def build(endpoint: str, number: int) -> Build:
    """One build. Raises ``NotFound``."""
    found = builds(endpoint).filter(pk=number).first()
    if found is None:
        raise NotFound(f"{endpoint} has no build {number}.")
    return found


@dataclass(frozen=True, slots=True)
class Trial:
    """A point of a candidate on one rung, with the mean of its folds' scores, done with the last of them.

    Scores of different rungs do not compare: those below the last one have learned from fewer rows.
    """

    candidate: str
    point: int
    rung: int
    score: float
    done_at: datetime


def trials(build: Build) -> tuple[list[Trial], bool]:
    """A build's trials that gave a score, in the order in which they were done; and whether these are all.

    Of the newest ``TRIALS`` units that have scores: last fits have none.
    """
    units = build.units.filter(done_at__isnull=False, error="").exclude(scores=[]).order_by("-done_at", "-pk")
    folds: dict[tuple[str, int, int], list[float]] = {}
    ends: dict[tuple[str, int, int], datetime] = {}
    rows = list(units.values_list("candidate", "point", "rung", "scores", "done_at")[:TRIALS])
    for candidate, point, rung, scores, done_at in rows:
        folds.setdefault((candidate, point, rung), []).extend(each for each in scores if each is not None)
        if done_at is not None:
            ends.setdefault((candidate, point, rung), done_at)
    found = [Trial(*key, fmean(scores), ends[key]) for key, scores in folds.items() if scores]
    return sorted(found, key=lambda trial: trial.done_at), len(rows) < TRIALS


def newest_build(endpoint: str) -> Build:
    """The newest build that has ended. Raises ``NotFound``.

    One that waits or runs has no whole leaderboard yet; one that was killed may never get it.
    """
    found = builds(endpoint).exclude(finished_at=None).first()
    if found is None:
        raise NotFound(f"{endpoint} has no finished build yet. Start one: flyball build {endpoint}")
    return found


def leaderboard(build: Build) -> list[CandidateResult]:
    """A build's candidates, the best first, then those that were given up, those that failed last.

    While the build runs, those that are done, in their order: ranks are given when all are.
    """
    results = list(build.results.all())
    return sorted(results, key=lambda each: (each.rank is None, bool(each.error), each.rank or 0, each.pk))
