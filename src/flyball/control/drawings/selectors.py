"""Reads: drawings of an endpoint."""

from __future__ import annotations

from collections.abc import Collection

from flyball.control.drawings.models import Drawing
from flyball.control.jobs.models import Job
from flyball.control.jobs.selectors import ENDED
from flyball.domain.errors import NotFound


def of(endpoint: str, subjects: Collection[str]) -> dict[str, Drawing]:
    """The newest drawing of each subject, with its job; neither what it shows nor its files."""
    every = Drawing.objects.filter(endpoint_id=endpoint, subject__in=subjects).select_related("job")
    return {each.subject: each for each in every.defer("document", "svg", "png")}


def svg(endpoint: str, digest: str) -> str:
    """The SVG of a digest. Raises ``NotFound``."""
    made = Drawing.objects.filter(endpoint_id=endpoint, digest=digest).exclude(svg="")
    found = made.values_list("svg", flat=True).first()
    if found is None:
        raise NotFound("There is no such drawing.")
    return found


def png(endpoint: str, digest: str) -> bytes:
    """The PNG of a digest. Raises ``NotFound``, also for one that was drawn before there were any."""
    made = Drawing.objects.filter(endpoint_id=endpoint, digest=digest).exclude(svg="")
    found = made.values_list("png", flat=True).first()
    if not found:
        raise NotFound("There is no such drawing.")
    return bytes(found)


def under_way(endpoint: str) -> int:
    """How many drawings of an endpoint are being made."""
    return Drawing.objects.filter(endpoint_id=endpoint).exclude(job__status__in=ENDED).count()


def is_under_way(drawing: Drawing) -> bool:
    """Whether its job has not ended, and nobody wants it ended."""
    return drawing.job.status not in ENDED and drawing.job.cancel_requested_at is None


def is_drawn(drawing: Drawing) -> bool:
    """Whether its job has drawn it."""
    return drawing.job.status == Job.Status.SUCCEEDED
