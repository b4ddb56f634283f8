"""Writes: a chart is asked for, and its job draws it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from flyball.control.declarations.models import Endpoint
from flyball.control.drawings import selectors
from flyball.control.drawings.models import Drawing
from flyball.control.jobs import running
from flyball.control.jobs import services as jobs
from flyball.control.jobs.models import Job
from flyball.control.jobs.running import Run
from flyball.domain.errors import Conflict
from flyball.domain.values import storable

KIND = "draw"
SCALE = 2
NOWHERE: list[str] = []
"""From where a chart may load what it names: without a list it is anywhere."""
MOST = 20
"""Drawings of one endpoint that are under way at once: who asks for all there are holds up no other job."""


def written(document: Mapping[str, Any]) -> str:
    """A chart as it is stored. Equal charts are the same text, and any text of theirs can be drawn."""
    return json.dumps(_drawable(document), cls=DjangoJSONEncoder, sort_keys=True, allow_nan=False)


def digest_of(document: Mapping[str, Any]) -> str:
    """The name of a chart: SHA-256 of all that it shows."""
    return hashlib.sha256(written(document).encode()).hexdigest()


def ask_drawing(*, endpoint: Endpoint, subject: str, document: Mapping[str, Any], user: Any = None) -> Job:
    """The job that draws a chart, asked for unless this one is drawn, or another one of the subject is being.

    Of all who ask at once one makes it; an earlier drawing of the subject is gone. Raises ``Conflict`` where
    as many of the endpoint are being drawn as may.
    """
    text = written(document)
    digest = hashlib.sha256(text.encode()).hexdigest()
    with transaction.atomic():
        # Whoever asks for this endpoint waits here; no_key, so that predictions, which refer to it, do not.
        Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        known = selectors.of(endpoint.name, [subject]).get(subject)
        if known is not None and (selectors.is_under_way(known) or _is_the_same(known, digest)):
            return known.job
        if selectors.under_way(endpoint.name) >= MOST:
            raise Conflict(f"{MOST} charts of {endpoint.name} are being drawn: ask again when some are done.")
        job = jobs.ask(
            kind=KIND, team=endpoint.team, endpoint=endpoint, arguments={"subject": subject}, user=user
        )
        new = Drawing(endpoint=endpoint, subject=subject, digest=digest, document=text, job=job)
        Drawing.objects.filter(endpoint=endpoint, subject=subject).delete()
        new.save()
        return job


def forget(*, endpoint: str, of: str) -> None:
    """Delete the drawings of something that is removed: its subjects begin with ``of`` (``versions/3``)."""
    Drawing.objects.filter(endpoint_id=endpoint, subject__startswith=f"{of}/").delete()


def draw(run: Run, *, subject: str) -> dict[str, Any]:
    """The job: draw what it was asked for with, and keep that; nothing where it is asked for anew since."""
    asked = Drawing.objects.filter(endpoint_id=run.endpoint or "", subject=subject, job=run.id)
    drawing = asked.first()
    if drawing is None:
        return {}
    result = {"drawing": drawing.digest}
    made = {"svg": storable(svg_of(drawing.document)), "png": png_of(drawing.document)}
    with transaction.atomic():  # the fence: who has lost the job keeps nothing
        running.succeed(run, result)
        asked.filter(digest=drawing.digest).update(**made)
    return result


def svg_of(document: str) -> str:
    """Draw a chart; moments are those of UTC. Raises ``ValueError`` where it cannot be drawn."""
    svg: str = _engine().vegalite_to_svg(document, allowed_base_urls=NOWHERE)
    return svg


def png_of(document: str) -> bytes:
    """The same in pixels, ``SCALE`` of them for each of the chart's."""
    png: bytes = _engine().vegalite_to_png(document, scale=SCALE, allowed_base_urls=NOWHERE)
    return png


def _engine() -> Any:
    import vl_convert  # 85 MB with the engine that it starts: here alone, in a process that ends with its job

    os.environ["TZ"] = "UTC"  # Django has put the project's zone there; the engine reads it when it starts
    return vl_convert


def _is_the_same(drawing: Drawing, digest: str) -> bool:
    return drawing.digest == digest and selectors.is_drawn(drawing)


def _drawable(value: Any) -> Any:
    """The same with texts that every database and every parser takes."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): _drawable(each) for key, each in value.items()}
    return [_drawable(each) for each in value] if isinstance(value, list | tuple) else value
