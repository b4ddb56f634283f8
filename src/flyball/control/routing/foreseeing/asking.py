"""The effect as a job: asked for, and found again."""

from __future__ import annotations

from typing import Any

from flyball.control.jobs import selectors as jobs
from flyball.control.jobs import services
from flyball.control.jobs.document import document
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Version
from flyball.control.routing.models import Prediction

KIND = "effect"


def ask_effect(
    *, version: Version, rollback: bool = False, again: bool = False, user: Any = None
) -> tuple[Job, bool]:
    """The job that asks the version, and whether it is a new one; the same one where it waits or runs."""
    return services.ask_once(
        kind=KIND,
        endpoint=version.endpoint,
        arguments={"version": version.number, "rollback": rollback},
        user=user,
        again=again,
    )


def last_effect(version: Version, *, rollback: bool = False) -> Job | None:
    """The job that was asked for last."""
    every = jobs.jobs(version.endpoint_id).filter(kind=KIND)
    return every.filter(arguments__version=version.number, arguments__rollback=rollback).first()


def examples(job: Job) -> list[Prediction]:
    """The predictions that the result names, as they were answered; none that has been erased since."""
    ids = job.result.get("examples", [])
    return list(Prediction.objects.filter(pk__in=ids, erased_at=None).order_by("-id")) if ids else []


def effect_document(job: Job) -> dict[str, Any]:
    """The job as every door shows it, its examples as they stand now."""
    shown = document(job)
    if "examples" in job.result:
        named = [str(each.pk) for each in examples(job)]
        shown["result"] = {**job.result, "examples": named}
    return shown
