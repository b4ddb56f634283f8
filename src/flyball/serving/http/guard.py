"""In front of an application that takes bodies as they come: they are read here, within bounds."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from flyball.config import Config
from flyball.domain.errors import BodyTooLarge, BodyTooSlow, FlyballError, MalformedBody, Overloaded
from flyball.serving.http.asgi import Receive, Scope, Send, headers_of, send_last
from flyball.serving.http.messages import check_one_length
from flyball.serving.http.proxies import Proxies

MOST_BODIES = 512
"""So many bodies may be under way at once; of more, the oldest is given up."""
MOST_HELD = 8 * 1024 * 1024
"""And so many bytes of them, or one of the largest size (bytes)."""
MOST_ANSWERS = 64
"""So many requests are with the application at once: Django takes a thread, and a connection, for each."""
MOST_WAITING = 256
"""So many more may wait for that; all others are told to come again."""


class Guard:
    """An ASGI application around another one, which gets every body whole.

    Django itself writes a body to the disk before it asks whose it is, however large it is and however long
    it takes. For one event loop.
    """

    def __init__(self, application: Callable[..., Awaitable[None]], config: Config) -> None:
        self._application = application
        self._limit = config.management_body_limit
        self._body_seconds = config.body_seconds
        self._proxies = Proxies(config.trusted_proxies)
        self._under_way: OrderedDict[asyncio.Timeout, int] = OrderedDict()
        self._most_held = max(MOST_HELD, self._limit)
        self._room = asyncio.Semaphore(MOST_ANSWERS)
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Everything else is the application's."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        try:
            headers = headers_of(scope)
            body = await self._body(headers, receive)
            if self._waiting >= MOST_WAITING:
                raise Overloaded("The server has as many requests as it can answer; try again shortly.")
        except FlyballError as error:
            await send_last(send, error)
            return
        self._waiting += 1
        try:
            await self._room.acquire()
        finally:
            self._waiting -= 1
        try:
            await self._application(self._seen(scope, headers), _whole(body, receive), send)
        finally:
            self._room.release()

    async def _body(self, headers: dict[str, str], receive: Receive) -> bytes:
        check_one_length(headers)
        declared = headers.get("content-length", "")
        # A count of many digits is too large however it is read, and slow to read.
        length = int(declared) if declared.isdecimal() and len(declared) <= 18 else None
        if declared and (length is None or length > self._limit):
            raise self._too_large()
        try:
            async with asyncio.timeout(self._body_seconds) as patience:
                return await self._read(receive, length, patience)
        except TimeoutError:
            raise BodyTooSlow from None

    async def _read(self, receive: Receive, length: int | None, patience: asyncio.Timeout) -> bytes:
        chunks: list[bytes] = []
        self._under_way[patience] = size = 0
        self._make_way()
        try:
            async for chunk in _chunks(receive):
                size += len(chunk)
                if size > self._limit:
                    raise self._too_large()
                chunks.append(chunk)
                if size == length:
                    break
                if patience in self._under_way:
                    self._under_way[patience] = size
                    self._make_way()
            return b"".join(chunks)
        finally:
            self._under_way.pop(patience, None)

    def _make_way(self) -> None:
        # The oldest goes: whoever sends slowly cannot keep out whoever sends at once.
        while len(self._under_way) > MOST_BODIES or sum(self._under_way.values()) > self._most_held:
            oldest, _ = self._under_way.popitem(last=False)
            oldest.reschedule(asyncio.get_running_loop().time())

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"The body is larger than {self._limit} bytes.")

    def _seen(self, scope: Scope, headers: dict[str, str]) -> Scope:
        """The request as a trusted proxy says that it was: whose it is, and whether it came by https."""
        peer, port = scope.get("client") or ("", 0)
        if not self._proxies.trust(peer):
            return scope
        scheme = self._proxies.scheme(peer, headers) or scope.get("scheme", "http")
        return {**scope, "client": (self._proxies.client(peer, headers), port), "scheme": scheme}


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise MalformedBody("The body is incomplete.")
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


def _whole(body: bytes, receive: Receive) -> Receive:
    """Gives the body in one message; then that the client has left, once it has."""
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_whole() -> Any:
        if messages:
            return messages.pop()
        message = await receive()
        # Where the body's length was known, its end has not been read yet.
        return await receive() if message["type"] == "http.request" else message

    return receive_whole
