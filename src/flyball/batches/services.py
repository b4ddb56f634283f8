"""Writes: a batch is asked for, with all that it is answered by settled."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone

from flyball.batches import declared, selectors
from flyball.batches.buckets import refuse_odd
from flyball.batches.formats import ending_of, format_of, refuse_unknown, rejects_of
from flyball.batches.models import Batch, Upload
from flyball.batches.options import Options, wrong
from flyball.batches.uploads import selectors as uploads
from flyball.batches.uploads.folders import confined, rows_of
from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import services as jobs
from flyball.control.jobs.models import Job
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors as routing
from flyball.domain.declaration import Endpoint as Declaration
from flyball.domain.errors import Conflict, NotReady
from flyball.domain.records import now

KIND, HELP = "batch", "help_batch"
PLENTY = 8 * 1024 * 1024
"""Bytes of Parquet that take any version longer than a helper takes to start."""


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
    team = applied.team.slug
    source, out = confined(source, team, "/source"), confined(out, team, "/out")
    return _once(applied, source, out, version=version, options=options, user=user)


def ask_uploaded(
    *,
    endpoint: str,
    upload: int,
    format: str = "",  # noqa: A002 - the word of the API
    version: int | None = None,
    options: Options | None = None,
    user: Any = None,
) -> Batch:
    """Ask for the answers to a file that was uploaded, in its own ``format`` or another one (``csv.gz``).

    The same one that waits or runs already is given instead. Raises ``NotFound`` where there is no such
    upload, ``Conflict`` where it has its answers, or another batch of it is under way; else as ``ask_batch``.
    """
    applied = endpoints.endpoint(endpoint)
    sent = uploads.upload(endpoint, upload)
    rows = rows_of(sent)
    out = str(rows.with_name(f"answers{ending_of(format) if format else sent.ending}"))
    return _once(applied, str(rows), out, version=version, options=options, user=user, upload=sent)


def _once(
    applied: Endpoint,
    source: str,
    out: str,
    *,
    version: int | None,
    options: Options | None,
    user: Any,
    upload: Upload | None = None,
) -> Batch:
    """A batch that is asked for from afar, or the same one that waits or runs already."""
    confined = msgspec.structs.replace(options or Options(), rejects="", is_confined=True)
    with transaction.atomic():
        # Whoever asks for this endpoint waits here; no_key, so that predictions, which refer to it, do not.
        Endpoint.objects.select_for_update(no_key=True).get(pk=applied.pk)
        if upload is not None:
            uploads.lock(upload)
        made = ask_batch(
            endpoint=applied.name,
            source=source,
            out=out,
            version=version,
            options=confined,
            user=user,
            upload=upload,
        )
        same = selectors.under_way(made)
        if same is not None:
            transaction.set_rollback(True)
        elif upload is not None:
            _refuse_used(made, upload)
    return same or made


def _refuse_used(made: Batch, upload: Upload) -> None:
    """One batch of an upload at a time: its rows go with the end of the first that has its answers."""
    if selectors.is_another_under_way(made, upload):
        raise Conflict("Another batch of this upload waits or runs: wait, or cancel its job.")
    if not rows_of(upload).is_file():
        raise Conflict("The rows of this upload are here no more: it has its answers. Send the file again.")


def ask_batch(
    *,
    endpoint: str,
    source: str,
    out: str,
    version: int | None = None,
    options: Options | None = None,
    user: Any = None,
    upload: Upload | None = None,
) -> Batch:
    """Ask for the answers to a file's rows, as a job, by the champion of now or a ``version``.

    Raises ``UnknownEndpoint``, ``Retired``, ``NotReady``, ``UnknownVersion``, and ``InvalidInput`` for
    formats that are not read or written here, and options that do not fit.
    """
    refuse_unknown(source, "/source")
    wanted = options or Options()
    return _asked(endpoint, source, out, wanted, version=version, user=user, upload=upload)


def ask_declared(
    *, declaration: type[Declaration], name: str, out: str = "", version: int | None = None, user: Any = None
) -> Batch:
    """Ask for a declared batch of now; ``out`` is where its answers go instead of where that is declared.

    Raises ``NotFound`` for one that is not declared, ``DataError`` for rows of no model that there is; else
    as ``ask_batch``.
    """
    word, moment = declared.find(declaration, name), timezone.localtime(now())
    options = declared.options(declaration, word, moment)
    return _asked(
        declaration.name, name, out or declared.out_of(word, moment), options, version=version, user=user
    )


def begin_declared(*, declaration: type[Declaration], name: str, moment: datetime, job: Job) -> Batch:
    """The batch of a job that was asked for without one, by a schedule at that moment.

    Raises as ``ask_declared``.
    """
    word = declared.find(declaration, name)
    options, out = declared.options(declaration, word, moment), declared.out_of(word, moment)
    return _asked(declaration.name, name, out, options, user=job.asked_by, job=job)


def _asked(
    endpoint: str,
    source: str,
    out: str,
    options: Options,
    *,
    version: int | None = None,
    user: Any = None,
    upload: Upload | None = None,
    job: Job | None = None,
) -> Batch:
    applied = endpoints.endpoint(endpoint)
    refuse_unknown(out, "/out")
    for path, pointer in ((source, "/source"), (out, "/out"), (options.rejects, "/rejects")):
        refuse_odd(path, pointer)
    options.check()
    settled = msgspec.structs.replace(
        options, rejects=options.rejects or rejects_of(out), is_named=version is not None
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
            job=job,
            asked_by=user,
            upload=upload,
        )
        if job is None:
            arguments = {"batch": made.pk}
            made.job = jobs.ask(
                kind=KIND, team=applied.team, endpoint=applied, arguments=arguments, user=user
            )
            made.save(update_fields=["job"])
            if _is_plenty(source):  # a helper starts beside the batch's own job, not after it
                jobs.ask(kind=HELP, team=applied.team, endpoint=applied, arguments=arguments)
    return made


def _is_plenty(source: str) -> bool:
    found, path = format_of(source), Path(source)
    return found is not None and found.name == "parquet" and path.is_file() and path.stat().st_size >= PLENTY
