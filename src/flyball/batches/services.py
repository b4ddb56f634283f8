"""Writes: a batch is asked for, with all that it is answered by settled."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction

from flyball.batches import selectors
from flyball.batches.allowed import within
from flyball.batches.formats import refuse_unknown, rejects_of
from flyball.batches.models import Batch
from flyball.batches.options import Options, wrong
from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.configured import configured
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import services as jobs
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors as routing
from flyball.domain.errors import NotReady

KIND = "batch"


def ask_confined(
    *,
    endpoint: str,
    source: str,
    out: str,
    version: int | None = None,
    options: Options | None = None,
    user: Any = None,
) -> Batch:
    """Ask for a batch from afar: its files lie in folders that are allowed for the endpoint's team.

    The same one that waits or runs already is given instead. Raises ``InvalidInput`` for other files; else
    as ``ask_batch``.
    """
    applied = endpoints.endpoint(endpoint)
    folders, team = configured().batch_folders, applied.team.slug
    source, out = within(source, folders, team, "/source"), within(out, folders, team, "/out")
    confined = msgspec.structs.replace(options or Options(), rejects="", is_confined=True)
    with transaction.atomic():
        # Whoever asks for this endpoint waits here; no_key, so that predictions, which refer to it, do not.
        Endpoint.objects.select_for_update(no_key=True).get(pk=applied.pk)
        made = ask_batch(
            endpoint=endpoint, source=source, out=out, version=version, options=confined, user=user
        )
        same = selectors.under_way(made)
        if same is not None:
            transaction.set_rollback(True)
    return same or made


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
