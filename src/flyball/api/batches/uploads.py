"""Files that are sent here for a batch: kept as they arrive, once they are let in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from asgiref.sync import async_to_sync
from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import PAGED, described, listed
from flyball.api.view import ManagementView, actor, page, whole
from flyball.batches.uploads import cleaning, selectors
from flyball.batches.uploads.receiving import receive
from flyball.domain.errors import UnsupportedMediaType
from flyball.serving.http.reading.streams import STREAM

PART = 1024 * 1024
"""Bytes that are read and written at a time."""
FILE = {"type": "string", "format": "binary"}


class Uploads(ManagementView):
    """``GET /api/endpoints/{endpoint}/uploads``."""

    roles = {"GET": "viewer"}

    @described(listed("uploads", documents.Upload), query=PAGED)
    def get(self, request: Request, endpoint: str) -> Response:
        """A page of files that were sent, newest first, until they are erased."""
        every = selectors.uploads(self.endpoint(request, endpoint).name)
        return Response({"uploads": [selectors.document(each) for each in page(request, every, "id")]})


class NewUpload(ManagementView):
    """``PUT /api/endpoints/{endpoint}/uploads/{name}``."""

    roles = {"PUT": "owner"}

    @described(
        documents.Upload,
        "body_too_slow",
        "method_not_allowed",  # a name of digits alone: those are numbers of uploads
        "conflict",
        "retired",
        "not_ready",
        "no_room",
        takes=FILE,
        status=(201,),
    )
    def put(self, request: Request, endpoint: str, name: str) -> Response:
        """Keep the body, a file of that name, for a batch: whole or not at all."""
        applied = self.endpoint(request, endpoint)
        if request.META.get("CONTENT_TYPE", "").lower().startswith("multipart/"):
            raise UnsupportedMediaType("Send the file itself as the body, and no form: curl -T does.")
        made = receive(
            endpoint=applied,
            name=name,
            parts=_parts(request),
            announced=whole(request.META.get("CONTENT_LENGTH") or ""),
            user=actor(request).user,
        )
        return Response(selectors.document(made), status=201)


class OneUpload(ManagementView):
    """``DELETE /api/endpoints/{endpoint}/uploads/{number}``."""

    roles = {"DELETE": "owner"}

    @described(None, "conflict", status=(204,))
    def delete(self, request: Request, endpoint: str, number: int) -> Response:
        """Erase a file that was sent, with the answers to it."""
        cleaning.forget(selectors.upload(self.endpoint(request, endpoint).name, number))
        return Response(status=204)


def _parts(request: Request) -> Iterator[bytes]:
    """The body as it arrives; where no guard stands before Django, as Django has it."""
    asked: Any = request._request
    stream = getattr(asked, "scope", {}).get(STREAM)
    read = asked.read if stream is None else async_to_sync(stream.read)
    while part := read(PART):
        yield part
