"""Files that are written while they are read: nobody waits for the end of a long one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from flyball.console.frame.page import HEADERS


def written(request: HttpRequest, name: str, lines: Iterator[str]) -> HttpResponse:
    """A CSV file of these lines, to be saved under that name."""
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    # A server that is asynchronous would first gather all that a plain iterator gives.
    body = _in_threads(lines) if isinstance(request, ASGIRequest) else lines
    return StreamingHttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)  # type: ignore[return-value]  # no subclass of it


async def _in_threads(lines: Iterator[str]) -> AsyncIterator[str]:
    def read() -> str | None:
        return next(lines, None)

    while (line := await sync_to_async(read)()) is not None:
        yield line
