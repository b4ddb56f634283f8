"""A small endpoint on a small CSV file, from declaration to version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db.models import Model, QuerySet

from flyball import Classification, Outcome, Rows, Search
from flyball.control.datasets.models import Snapshot
from flyball.control.registry import services
from flyball.control.registry.models import Artifact, ArtifactPart, Build, BuildUnit, CandidateResult, Version
from tests.applied import build as applied_build
from tests.applied import take_snapshot

JOBS = ("cook", "clerk", "pilot")


def write_csv(path: Path, rows: int = 60, *, job: bool = True) -> Path:
    """Older people buy; every seventh row is an exception."""
    lines = ["age,job,bought" if job else "age,bought"]
    for number in range(rows):
        age = 20 + number % 50
        bought = "yes" if (age > 44) != (number % 7 == 0) else "no"
        lines.append(f"{age},{JOBS[number % 3]},{bought}" if job else f"{age},{bought}")
    path.write_text("\n".join(lines) + "\n")
    return path


def declare(path: Path, **attributes: Any) -> type[Classification]:
    """A classification over the file: one quick candidate."""
    declared = {
        "name": "purchase",
        "rows": Rows(str(path)),
        "outcome": Outcome("bought", positive="yes"),
        "candidates": ("linear",),
        "search": Search(trials=1),
        "cv": 2,
        "__module__": __name__,
        **attributes,
    }
    return type("Purchase", (Classification,), declared)


def snapshot(folder: Path, **attributes: Any) -> tuple[type[Classification], Snapshot]:
    """A declared endpoint and a snapshot of it."""
    declaration = declare(write_csv(folder / "rows.csv"), **attributes)
    return declaration, take_snapshot(declaration)


def version(folder: Path, **attributes: Any) -> tuple[type[Classification], Version]:
    """A declared endpoint and a version of it."""
    declaration, taken = snapshot(folder, **attributes)
    return declaration, services.register(build=built(declaration, taken, folder, attributes))


def built(
    declaration: type[Classification], taken: Snapshot, folder: Path, attributes: Mapping[str, Any]
) -> Build:
    """A build of an endpoint that was declared with these attributes, over files in the folder.

    A search takes most of a test's time: one that this process has run before is put into the tables again.
    """
    searched = {name: value for name, value in attributes.items() if name != "policy"}  # it judges afterwards
    asked = (taken.digest, repr(sorted(searched.items())).replace(str(folder), ""))
    if asked not in BUILT:
        BUILT[asked] = _written(applied_build(declaration, taken))
    return _put(BUILT[asked], taken)


BUILT: dict[tuple[str, str], dict[type[Model], list[dict[str, Any]]]] = {}
"""The rows of each build of this process, by its snapshot and its declaration."""


def _written(build: Build) -> dict[type[Model], list[dict[str, Any]]]:
    """What a build has written; the build itself is taken out, to be put back."""
    results = CandidateResult.objects.filter(build=build)
    digests = {each["digest"] for result in results for each in (result.manifest or {})["artifacts"]}
    tables: list[QuerySet[Any]] = [
        Build.objects.filter(pk=build.pk),
        BuildUnit.objects.filter(build=build),
        results,
        Artifact.objects.filter(digest__in=digests),
        ArtifactPart.objects.filter(digest__in=digests),
    ]
    written = {table.model: list(table.values()) for table in tables}
    build.delete()
    return written


def _put(written: dict[type[Model], list[dict[str, Any]]], taken: Snapshot) -> Build:
    """The same build for the endpoint and the snapshot of this test, under an id of its own."""
    (values,) = written[Build]
    build = Build.objects.create(
        **{**values, "id": None, "endpoint_id": taken.endpoint_id, "snapshot_id": taken.pk}
    )
    parts: list[type[Any]] = [BuildUnit, CandidateResult]
    for table in parts:
        for values in written[table]:
            table.objects.create(**{**values, "id": None, "build_id": build.pk})
    tables: list[type[Any]] = [ArtifactPart, Artifact]
    for table in tables:
        rows = [
            table(**{name: value for name, value in row.items() if name != "id"}) for row in written[table]
        ]
        table.objects.bulk_create(rows, ignore_conflicts=True)
    return build
