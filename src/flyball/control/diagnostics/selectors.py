"""Reads: the diagnosis of a version, and of others on the same rows; and one as every door shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flyball.control.diagnostics.models import Diagnosis
from flyball.control.jobs.models import Job
from flyball.control.jobs.selectors import ENDED
from flyball.control.registry.models import Build, Version
from flyball.domain.errors import Conflict, JobEnded, NotFound
from flyball.domain.values import moment_text, timestamp_text


def rows_of(version: Version) -> tuple[Build, str]:
    """The build that has held rows out from a version, and the digest of their snapshot.

    Raises ``Conflict`` where nobody here knows which rows the version has not learned from.
    """
    build = None if version.candidate is None else version.candidate.build
    if build is None or build.snapshot is None:
        raise Conflict(
            f"{version} was imported, or fitted elsewhere: nobody here knows which rows it has not learned"
            " from, so there are no diagnostics of it."
        )
    return build, build.snapshot.digest


def of(version: Version, on: Version | None = None) -> Diagnosis | None:
    """The diagnosis of a version on the rows held out from another one, or from itself; none yet, it may be.

    Raises ``Conflict`` as ``rows_of``.
    """
    return of_each([version], on or version).get(version.number)


def of_each(versions: Iterable[Version], on: Version) -> dict[int, Diagnosis]:
    """The diagnoses of some versions on the rows held out from one, by number. Raises as ``rows_of``."""
    build, digest = rows_of(on)
    numbers = [version.number for version in versions]
    every = Diagnosis.objects.filter(
        endpoint_id=on.endpoint_id, version__in=numbers, snapshot=digest, seed=build.seed
    )
    return {each.version: each for each in every.select_related("job")}


def made(version: Version) -> Diagnosis:
    """A version's own diagnosis, once it is done. Raises ``Conflict`` as ``rows_of``, and ``NotFound``."""
    found = of(version)
    if found is None or found.done_at is None:
        raise NotFound(f"{version} has not been diagnosed yet. Ask for it: flyball diagnose {version}")
    return found


def is_live(diagnosis: Diagnosis) -> bool:
    """Whether it is being computed."""
    return diagnosis.job is not None and diagnosis.job.status not in ENDED


def status(diagnosis: Diagnosis) -> str:
    """How far the last job of it is, in its words; also once that is no longer kept."""
    if diagnosis.job is not None:
        return diagnosis.job.status
    return Job.Status.FAILED if diagnosis.done_at is None else Job.Status.SUCCEEDED


def error(diagnosis: Diagnosis) -> str:
    """Why it was not computed, when it was asked for last; empty where it was, or may still be."""
    if diagnosis.job is None:
        return "" if diagnosis.done_at is not None else JobEnded.__doc__ or ""
    return diagnosis.job.error


def table(diagnosis: Diagnosis, name: str) -> list[dict[str, Any]]:
    """The rows of a table by column; none where there is no such table."""
    known = diagnosis.found.get("tables", {}).get(name)
    return [] if known is None else [dict(zip(known["columns"], row, strict=True)) for row in known["rows"]]


def document(diagnosis: Diagnosis) -> dict[str, Any]:
    """A diagnosis with its tables, ``None`` until there are some."""
    found = diagnosis.found
    return {
        "endpoint": diagnosis.endpoint_id,
        "version": diagnosis.version,
        "on": diagnosis.on,
        "snapshot": diagnosis.snapshot,
        "seed": diagnosis.seed,
        "status": status(diagnosis),
        "error": error(diagnosis),
        "job": None if diagnosis.job is None else str(diagnosis.job.pk),
        "asked_at": timestamp_text(diagnosis.asked_at),
        "done_at": moment_text(diagnosis.done_at),
        "seconds": diagnosis.seconds,
        "rows": found.get("rows"),
        "metric": found.get("metric"),
        "positive": found.get("positive"),
        "threshold": found.get("threshold"),
        "may_know": found.get("may_know"),
        "lacking": found.get("lacking"),
        "tables": found.get("tables"),
    }


def known_numbers(endpoint: str, diagnosis: Diagnosis) -> Sequence[int]:
    """Versions of which there is a diagnosis on the same rows, the newest first."""
    same = Diagnosis.objects.filter(
        endpoint_id=endpoint, snapshot=diagnosis.snapshot, seed=diagnosis.seed, done_at__isnull=False
    )
    return list(same.order_by("-version").values_list("version", flat=True))
