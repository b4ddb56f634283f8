"""ASGI around the HTTP door: reads the request within bounds, writes the answer; any ASGI server will do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from flyball.domain.errors import BodyTooLarge, FlyballError, MalformedBody
from flyball.serving.http.door import Door
from flyball.serving.http.exchange import SMALL, Take, exchange, last
from flyball.serving.http.messages import Request, Response, joined
from flyball.serving.http.problems import problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Application:
    """An ASGI application. ``start`` gives the door, ``stop`` ends what it began.

    The door is made when the server starts, or at the first request where a server knows no lifespan.
    """

    def __init__(self, start: Callable[[], Door], stop: Callable[[], None]) -> None:
        self._start = start
        self._stop = stop
        self._door: Door | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await respond(self._open(), scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})

    def _open(self) -> Door:
        if self._door is None:
            self._door = self._start()
        return self._door

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    self._open()
                except BaseException:
                    # Else servers take it that there is no lifespan, and go on without a door.
                    await send({"type": "lifespan.startup.failed", "message": "The door does not open."})
                    raise
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def respond(door: Door, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one HTTP request through a door."""
    await _send(send, await exchange(door, _head(scope), _Body(receive)))


async def send_last(send: Send, error: FlyballError) -> None:
    """Say what is wrong, and end the connection."""
    await _send(send, last(problem(error)))


class _Body:
    """A body in the messages of ASGI."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    async def read(self, head: Request, limit: int, take: Take | None) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise MalformedBody("The body is incomplete.")
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise BodyTooLarge(f"The body is larger than {limit} bytes.")
            if take is not None:
                take(len(chunk))
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)

    async def drained(self, head: Request) -> bool:
        size = 0
        while size <= SMALL:
            message = await self._receive()
            size += len(message.get("body", b""))
            if not message.get("more_body", False):
                return bool(message["type"] == "http.request")
        return False


def _head(scope: Scope) -> Request:
    raw = scope.get("raw_path")
    path: str = raw.decode("latin-1") if raw else quote(scope["path"], safe="/")
    if "://" in path and not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]  # as a proxy is asked: http://host/v1/health
    return Request(
        method=scope["method"],
        path=path.partition("?")[0].removeprefix(scope.get("root_path", "").rstrip("/")),
        query=scope["query_string"].decode("latin-1"),
        headers=headers_of(scope),
        peer=(scope.get("client") or ("",))[0] or "",
    )


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers by their names in lower case; what stands more than once is joined by commas."""
    return joined((str(name, "latin-1").lower(), str(value, "latin-1")) for name, value in scope["headers"])


async def _send(send: Send, response: Response) -> None:
    headers = list(map(_encoded, response.headers))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


@lru_cache(1024)
def _encoded(header: tuple[str, str]) -> tuple[bytes, bytes]:
    return header[0].encode("latin-1"), header[1].encode("latin-1")
