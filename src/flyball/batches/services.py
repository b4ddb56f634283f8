"""Writes: a batch is asked for, with all that it is answered by settled."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction

from flyball.batches.formats import refuse_unknown, rejects_of
from flyball.batches.models import Batch
from flyball.batches.options import Options, wrong
from flyball.control.declarations import selectors as endpoints
from flyball.control.jobs import services as jobs
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors as routing
from flyball.domain.errors import NotReady

KIND = "batch"


def ask_batch(
    *,
    endpoint: str,
    source: str,
    out: str,
    version: int | None = None,
    options: Options | None = None,
    user: Any = None,
) -> Batch:
    """Ask for the answers to a file's rows, as a job, by the champion of now or a ``version``.

    Raises ``UnknownEndpoint``, ``Retired``, ``NotReady``, ``UnknownVersion``, and ``InvalidInput`` for
    formats that are not read or written here, and options that do not fit.
    """
    applied, wanted = endpoints.endpoint(endpoint), options or Options()
    refuse_unknown(source, "/source")
    refuse_unknown(out, "/out")
    wanted.check()
    settled = msgspec.structs.replace(
        wanted, rejects=wanted.rejects or rejects_of(out), is_named=version is not None
    )
    if len({source, out, settled.rejects}) < 3:
        raise wrong("/out", "Rows, answers and rejects are three files.")
    route = routing.route(endpoint)
    if route is None:
        raise NotReady(f"{endpoint} has no champion yet; promote a version first.")
    chosen = registry.version(endpoint, route.champion.version if version is None else version)
    with transaction.atomic():  # a job without its batch would have nothing to do
        made = Batch.objects.create(
            endpoint=applied,
            version=chosen.number,
            route=route.number,
            source=source,
            out=out,
            options=msgspec.to_builtins(settled),
            asked_by=user,
        )
        arguments = {"batch": made.pk}
        made.job = jobs.ask(kind=KIND, team=applied.team, endpoint=applied, arguments=arguments, user=user)
        made.save(update_fields=["job"])
    return made
