"""A job as every door shows it."""

from __future__ import annotations

from typing import Any

from flyball.control.jobs.models import Job
from flyball.domain.values import moment_text


def document(job: Job) -> dict[str, Any]:
    """Everything about a job but its log, as JSON has it."""
    return {
        "id": str(job.pk),
        "kind": job.kind,
        "queue": job.queue,
        "endpoint": job.endpoint_id,
        "team": job.team.slug,
        "status": job.status,
        "arguments": job.arguments,
        "asked_by": job.asked_by and job.asked_by.get_username(),
        "progress": job.progress,
        "message": job.message,
        "attempt": job.attempt,
        "attempts": job.attempts,
        "result": job.result,
        "error": job.error,
        "error_code": job.error_code,
        "asked_at": moment_text(job.asked_at),
        "due_at": moment_text(job.due_at),
        "started_at": moment_text(job.started_at),
        "finished_at": moment_text(job.finished_at),
        "cancel_requested_at": moment_text(job.cancel_requested_at),
    }
