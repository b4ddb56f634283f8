"""What messages call: ids only, so that they can be lost, late or doubled."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from flyball.control.jobs import carrying


@shared_task(name="flyball.jobs.carry_out", ignore_result=True)
def carry_out(job: str) -> None:
    """Carry a job out, on any Celery worker that has Flyball's apps installed."""
    carrying.carry_out(UUID(job))
