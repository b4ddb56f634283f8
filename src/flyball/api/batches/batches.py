"""Batches of an endpoint: whole files of folders that are allowed, answered by a job."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import PAGED, described, listed
from flyball.api.view import ManagementView, actor, body, page, streamed
from flyball.batches import selectors
from flyball.batches.fetching import opened_answers, opened_rejects
from flyball.batches.options import CHUNK, Options
from flyball.batches.services import ask_confined, ask_uploaded
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.schema import Field, Kind, Schema
from flyball.serving.http.described.shapes import object_of

BATCH = Schema(
    (
        Field(name="source", kind=Kind.TEXT, nullable=True),
        Field(name="out", kind=Kind.TEXT, nullable=True),
        Field(name="upload", kind=Kind.INTEGER, nullable=True),
        Field(name="format", kind=Kind.TEXT, nullable=True),
        Field(name="version", kind=Kind.INTEGER, nullable=True),
        Field(name="reference", kind=Kind.TEXT, nullable=True),
        Field(name="record", kind=Kind.BOOLEAN, nullable=True),
        Field(name="max_rejects", kind=Kind.INTEGER, nullable=True),
        Field(name="chunk_rows", kind=Kind.INTEGER, nullable=True),
    )
)
WANTED = object_of(BATCH)
WANTED["properties"]["keep"] = {"type": ["array", "null"], "items": {"type": "string"}}

BYTES = "application/octet-stream"


class Batches(ManagementView):
    """``GET`` and ``POST /api/endpoints/{endpoint}/batches``."""

    roles = {"GET": "viewer", "POST": "owner"}

    @described(listed("batches", documents.Batch), query=PAGED)
    def get(self, request: Request, endpoint: str) -> Response:
        """A page of batches, newest first."""
        every = selectors.batches(self.endpoint(request, endpoint).name)
        return Response({"batches": [selectors.document(each) for each in page(request, every, "id")]})

    @described(
        documents.Batch, "retired", "not_ready", "unknown_version", "conflict", takes=WANTED, status=(202,)
    )
    def post(self, request: Request, endpoint: str) -> Response:
        """The batch, which a job carries out: a new one, or the same one that waits or runs already."""
        name = self.endpoint(request, endpoint).name
        sent: dict[str, Any] = body(request, BATCH, besides={"keep"})
        asked: Any = request.data  # an object: that was looked at
        settled: dict[str, Any] = {
            "endpoint": name,
            "version": sent["version"],
            "options": _options(sent, _keep(asked.get("keep"))),
            "user": actor(request).user,
        }
        _refuse_unclear(sent)
        if sent["upload"] is None:
            made = ask_confined(source=sent["source"], out=sent["out"], **settled)
        else:
            made = ask_uploaded(upload=sent["upload"], format=sent["format"] or "", **settled)
        return Response(selectors.document(made), status=202)


class OneBatch(ManagementView):
    """``GET /api/endpoints/{endpoint}/batches/{number}``."""

    roles = {"GET": "viewer"}

    @described(documents.Batch)
    def get(self, request: Request, endpoint: str, number: int) -> Response:
        """One batch: how far it is, and how many rows are answered."""
        name = self.endpoint(request, endpoint).name
        return Response(selectors.document(selectors.batch(name, number)))


class BatchAnswers(ManagementView):
    """``GET /api/endpoints/{endpoint}/batches/{number}/answers``."""

    roles = {"GET": "member"}

    @described({"type": "string", "format": "binary"}, file=BYTES)
    def get(self, request: Request, endpoint: str, number: int) -> StreamingHttpResponse:
        """The file of its answers, once it has ended well."""
        name = self.endpoint(request, endpoint).name
        return _file(request, opened_answers(selectors.batch(name, number)))


class BatchRejects(ManagementView):
    """``GET /api/endpoints/{endpoint}/batches/{number}/rejects``."""

    roles = {"GET": "member"}

    @described({"type": "string", "format": "binary"}, file=BYTES)
    def get(self, request: Request, endpoint: str, number: int) -> StreamingHttpResponse:
        """The file of the rows that are not answered, as CSV."""
        name = self.endpoint(request, endpoint).name
        return _file(request, opened_rejects(selectors.batch(name, number)))


def _file(request: Request, file: IO[bytes]) -> StreamingHttpResponse:
    """A file to keep: no browser shows as a page what somebody's rows hold."""
    answer = streamed(request, file, BYTES)
    named = content_disposition_header(as_attachment=True, filename=Path(file.name).name)
    answer["Content-Disposition"] = named or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _refuse_unclear(sent: dict[str, Any]) -> None:
    """Raises ``InvalidInput`` unless two paths are named, or an upload."""
    needed, other = (("source", "out"), ("format",)) if sent["upload"] is None else ((), ("source", "out"))
    problems = [
        Problem(f"/{name}", "missing", "A value is needed here, or the number of an upload.")
        for name in needed
        if sent[name] is None
    ]
    problems += [
        Problem(f"/{name}", "unknown_field", "Files of an upload have names of their own, others no format.")
        for name in other
        if sent[name] is not None
    ]
    if problems:
        raise InvalidInput("The body does not fit.", problems=problems)


def _options(sent: dict[str, Any], keep: tuple[str, ...] | None) -> Options:
    return Options(
        reference=sent["reference"] or "",
        keep=keep,
        record=bool(sent["record"]),
        max_rejects=sent["max_rejects"],
        chunk_rows=CHUNK if sent["chunk_rows"] is None else sent["chunk_rows"],
    )


def _keep(sent: Any) -> tuple[str, ...] | None:
    """The columns that go along. Raises ``InvalidInput`` for what is no list of names."""
    if sent is None:
        return None
    if isinstance(sent, list) and all(isinstance(each, str) and "\0" not in each for each in sent):
        return tuple(sent)
    problem = Problem("/keep", "wrong_type", "Expected a list of names of columns.")
    raise InvalidInput("The body does not fit.", problems=[problem])
