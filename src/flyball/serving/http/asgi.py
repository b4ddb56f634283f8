"""ASGI around the HTTP door: reads the request within bounds, writes the answer; any ASGI server will do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from flyball.domain.errors import BodyTooLarge, BodyTooSlow, FlyballError, MalformedBody
from flyball.serving.http.deadline import Within
from flyball.serving.http.door import NO_BODY, Door
from flyball.serving.http.messages import Request, Response, check_one_length
from flyball.serving.http.problems import problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LINGER_SECONDS = 2.0
"""How long a body that nobody will read may take to arrive."""
SMALL = 64 * 1024
"""A body that is said to be larger, or of unknown length, is read only once the request is let in (bytes)."""


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
    head = _head(scope)
    if is_large(head):
        with door.budget.share() as take:
            response = await _response(door, head, receive, take)
    else:
        # Small ones are not counted: slow senders of large ones could keep everybody else out.
        response = await _response(door, head, receive, None)
    await _send(send, response)


async def send_last(send: Send, error: FlyballError) -> None:
    """Say what is wrong, and end the connection."""
    await _send(send, last(problem(error)))


async def _response(
    door: Door, head: Request, receive: Receive, take: Callable[[int], None] | None
) -> Response:
    admitted = door.admit(head, is_large=take is not None)
    if isinstance(admitted, Response):
        return await _turned_away(admitted, receive, is_small=take is None)
    takes = bool(admitted.path.takes)
    try:
        with Within(door.body_seconds if takes else LINGER_SECONDS):
            body = await _body(head, receive, door.body_limit if takes else NO_BODY, take)
    except TimeoutError:
        return last(problem(BodyTooSlow()))
    except FlyballError as error:
        return last(problem(error))
    return await door.answer(admitted, replace(head, body=body) if body else head)


async def _turned_away(response: Response, receive: Receive, *, is_small: bool) -> Response:
    """The answer, after what is left of a small body: a client that still writes might never read it."""
    if is_small:
        with suppress(TimeoutError), Within(LINGER_SECONDS):
            if await _drained(receive):
                return response
    return last(response)


async def _drained(receive: Receive) -> bool:
    size = 0
    while size <= SMALL:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            return bool(message["type"] == "http.request")
    return False


def last(response: Response) -> Response:
    """The response, with the end of its connection."""
    # The rest of the body may be on its way: this connection cannot be used for another request.
    response.headers.append(("connection", "close"))
    return response


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


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by their names; what stands more than once is joined by commas."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def is_large(head: Request) -> bool:
    """Whether the body is said to be larger than a small one, or of unknown length."""
    if "transfer-encoding" in head.headers:
        return True
    length = head.headers.get("content-length", "0")
    return not length.isdecimal() or len(length) > len(str(SMALL)) or int(length) > SMALL


async def _body(head: Request, receive: Receive, limit: int, take: Callable[[int], None] | None) -> bytes:
    check_one_length(head.headers)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
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


async def _send(send: Send, response: Response) -> None:
    headers = list(map(_encoded, response.headers))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


@lru_cache(1024)
def _encoded(header: tuple[str, str]) -> tuple[bytes, bytes]:
    return header[0].encode("latin-1"), header[1].encode("latin-1")
