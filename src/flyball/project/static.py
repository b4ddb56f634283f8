"""Static files, where no server hands them out by itself: few and small, so they are kept in memory."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath
from typing import Any

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest
from django.utils.http import http_date
from django.views.static import was_modified_since

MOST_KEPT = 256
"""So many files are kept."""
LARGEST_KEPT = 256 * 1024
"""And none that is larger (bytes)."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file as it was read; ``changed`` is when it had last been written (seconds since 1970)."""

    path: Path
    changed: float
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def is_current(self) -> bool:
        try:
            return self.path.stat().st_mtime == self.changed
        except OSError:
            return False


class StaticFiles(ASGIStaticFilesHandler):
    """Django's own handler, which takes a thread and a millisecond for a file, for what is not kept.

    A path out of the folders is nothing there, not a mistake of the server.
    """

    def __init__(self, application: Any) -> None:
        super().__init__(application)
        self._kept: dict[str, _Kept] = {}

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]
    ) -> None:
        """Hand out a file, or let Django answer."""
        if scope["type"] == "http" and scope["method"] == "GET" and self._should_handle(scope["path"]):
            kept = await self._found(scope["path"])
            if kept is not None:
                await _hand_out(kept, scope, send)
                return
        await super().__call__(scope, receive, send)

    def serve(self, request: HttpRequest) -> Any:
        """The file. Raises ``Http404``."""
        try:
            return super().serve(request)
        except SuspiciousOperation as error:
            raise Http404 from error

    async def _found(self, address: str) -> _Kept | None:
        if normpath(address) != address:
            return None  # else one file would be kept under any number of names
        kept = self._kept.get(address)
        if kept is not None and kept.is_current():
            return kept
        found = await asyncio.to_thread(self._read, address)
        self._kept.pop(address, None)
        if found is not None and len(self._kept) < MOST_KEPT:
            self._kept[address] = found
        return found

    def _read(self, address: str) -> _Kept | None:
        """A file that may be kept."""
        try:
            found = finders.find(self.file_path(address))
            path = Path(found) if isinstance(found, str) else None
            if path is None or not path.is_file() or path.stat().st_size > LARGEST_KEPT:
                return None
            changed, body = path.stat().st_mtime, path.read_bytes()
        except (SuspiciousOperation, OSError, ValueError):
            return None  # Django says what is wrong with it
        kind, encoding = mimetypes.guess_type(path)
        headers = {
            "Content-Type": kind or "application/octet-stream",
            "Content-Length": str(len(body)),
            "Last-Modified": http_date(changed),
            "X-Content-Type-Options": "nosniff",
        } | ({"Content-Encoding": encoding} if encoding else {})
        return _Kept(
            path, changed, [(name.lower().encode(), value.encode()) for name, value in headers.items()], body
        )


async def _hand_out(kept: _Kept, scope: dict[str, Any], send: Callable[..., Any]) -> None:
    since = dict(scope["headers"]).get(b"if-modified-since")
    is_new = since is None or was_modified_since(since.decode("latin-1"), kept.changed)
    status, body = (200, kept.body) if is_new else (304, b"")
    headers = kept.headers if is_new else [each for each in kept.headers if each[0] == b"last-modified"]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
