"""Large bodies, read while they arrive: by who has let them in, and no faster than it keeps them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from flyball.domain.errors import BodyTooSlow, MalformedBody, Overloaded

STREAM = "flyball.stream"
"""Where a scope has the stream of its body; what the body's messages bring is then empty."""
STREAMED = re.compile(r"/api/endpoints/[^/]+/uploads/[^/]+\Z")
"""The paths whose bodies, when they are put there, come so."""
MOST_STREAMS = 8
"""So many are read at once: each takes a thread and a connection of Django's for as long as it arrives."""
SLOWEST = 16 * 1024
"""Bytes a second that a body has to come with, all in all; whoever sends less keeps out others."""
LINGER_SECONDS = 2.0
"""How long a body is let arrive that nobody reads: its sender may not listen before all is sent."""
LINGER_SIZE = 64 * 1024 * 1024
"""And so many bytes of it, of which nothing is kept."""
BUSY = "The server takes as many uploads as it can at once; try again shortly."
Message = MutableMapping[str, Any]


class Streams:
    """Those of one server process: so many at once, each within ``seconds`` from one piece to the next."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._reading = 0

    def begin(self) -> None:
        """One more is read. Raises ``Overloaded``."""
        if self._reading >= MOST_STREAMS:
            raise Overloaded(BUSY)
        self._reading += 1

    def end(self) -> None:
        """One fewer is."""
        self._reading -= 1


class Stream:
    """The body of one request. For the event loop that receives it."""

    def __init__(self, receive: Callable[[], Awaitable[Message]], streams: Streams) -> None:
        self._receive = receive
        self._streams = streams
        self._begun: float | None = None
        self._size = 0
        self._is_told = False
        self._over = asyncio.Event()

    @property
    def is_read(self) -> bool:
        """Whether all of it has been read."""
        return self._over.is_set()

    async def read(self, size: int) -> bytes:
        """At least so many bytes, or what is left of them; none at the end.

        Raises ``Overloaded`` where too many are read, ``BodyTooSlow``; ``MalformedBody`` where it is cut off.
        """
        loop = asyncio.get_running_loop()
        if self._begun is None:
            self._streams.begin()
            self._begun = loop.time()
        part = bytearray()
        while len(part) < size and not self.is_read:
            late = self._begun + self._streams.seconds + self._size / SLOWEST
            try:
                async with asyncio.timeout_at(min(loop.time() + self._streams.seconds, late)):
                    piece = await self._next()
            except TimeoutError:
                raise BodyTooSlow from None
            self._size += len(piece)
            part += piece
        return bytes(part)

    async def messages(self) -> Message:
        """What the application receives instead: an empty body, and later that the client has left."""
        if not self._is_told:
            self._is_told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._over.wait()
        return await self._receive()

    async def close(self) -> None:
        """The answer is on its way: what still arrives is not kept."""
        if self._begun is not None:
            self._streams.end()
        size = 0
        with suppress(TimeoutError, MalformedBody):
            async with asyncio.timeout(LINGER_SECONDS):
                while size < LINGER_SIZE and not self.is_read:
                    size += len(await self._next())

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise MalformedBody("The body is incomplete.")
        if not message.get("more_body", False):
            self._over.set()
        piece: bytes = message.get("body", b"")
        return piece


def is_streamed(scope: Message) -> bool:
    """Whether the body of a request is a file that is read as it arrives."""
    return scope["method"] == "PUT" and STREAMED.search(scope["path"]) is not None
