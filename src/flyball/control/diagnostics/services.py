"""Writes: a diagnosis is asked for, and goes with its version."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from flyball.control.diagnostics import selectors
from flyball.control.diagnostics.models import Diagnosis
from flyball.control.jobs import services as jobs
from flyball.control.registry.models import Version
from flyball.domain.records import now

KIND = "diagnose"


def ask_diagnosis(
    *, version: Version, on: Version | None = None, again: bool = False, user: Any = None
) -> tuple[Diagnosis, bool]:
    """Ask for the diagnosis of a version, as a job: on the rows held out from another one, or from itself.

    Returns the diagnosis, and whether it is to be computed by a new job: not where it is done or under way
    already, unless ``again``. Raises ``Conflict`` where nobody knows which rows were held out.
    """
    base = on or version
    build, digest = selectors.rows_of(base)
    known = selectors.of(version, base)
    if known is not None and known.done_at is not None and not again:
        return known, False
    arguments = {"version": version.number, "on": base.number}
    with transaction.atomic():  # a job without its diagnosis would have nothing to do
        job, is_new = jobs.ask_once(kind=KIND, endpoint=version.endpoint, arguments=arguments, user=user)
        asked = {"on": base.number, "job": job, "asked_by": user, "asked_at": now()}
        made, _ = Diagnosis.objects.update_or_create(
            endpoint=version.endpoint,
            version=version.number,
            snapshot=digest,
            seed=build.seed,
            defaults=asked if is_new else {"job": job},
        )
    return made, is_new


def forget(*, endpoint: str, version: int) -> None:
    """Delete the diagnoses of a version that is removed."""
    Diagnosis.objects.filter(endpoint_id=endpoint, version=version).delete()
