"""An ASGI or RSGI application that can be told to end, though clients still keep its server waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Draining:
    """Passes everything on; ``end`` brings the lifespan's shutdown forward, which commits what waits.

    ``started`` is called when the application is about to answer its first request.
    """

    def __init__(self, application: Any, started: Callable[[], None] = lambda: None) -> None:
        self._application = application
        self._started = started
        self._told = asyncio.Event()
        self._ended = threading.Event()
        self._answering: dict[Any, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def __call__(self, scope: Message, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            self._loop = asyncio.get_running_loop()
            receive, send = partial(self._receive, receive), partial(self._send, send)
            answer: Awaitable[None] = self._application(scope, receive, send)
            return answer
        return self._answer(scope, receive, send)

    def busy(self) -> frozenset[tuple[str, int]]:
        """The addresses of the clients whose requests are being answered. From any thread."""
        return frozenset(map(_address, self._answering.copy()))  # copied at once, by one thread's leave

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        client = scope["client"]
        self._answering[client] = None
        try:
            await self._application(scope, receive, send)
        finally:
            self._answering.pop(client, None)

    def end(self, seconds: float) -> None:
        """Have the lifespan end, and wait for it, but not longer than ``seconds``. From another thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)
            self._ended.wait(seconds)

    async def _receive(self, receive: Receive) -> Message:
        servers = asyncio.ensure_future(receive())
        ours = asyncio.ensure_future(self._told.wait())
        await asyncio.wait({servers, ours}, return_when=asyncio.FIRST_COMPLETED)
        ours.cancel()
        if servers.done():
            return servers.result()
        servers.cancel()
        return {"type": "lifespan.shutdown"}

    async def _send(self, send: Send, message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            self._started()
        await send(message)
        if message["type"].startswith("lifespan.shutdown."):
            self._ended.set()


class NativeDraining(Draining):
    """The same for an RSGI application, whose end is a call and no message."""

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._application.__rsgi_init__(loop)
        self._started()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        client = scope.client
        self._answering[client] = None
        try:
            await self._application.__rsgi__(scope, protocol)
        finally:
            self._answering.pop(client, None)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._application.__rsgi_del__(loop)
        self._ended.set()

    def end(self, seconds: float) -> None:
        """As for ASGI: on the loop's own thread, where requests are answered."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.__rsgi_del__, self._loop)
            self._ended.wait(seconds)


def _address(client: Any) -> tuple[str, int]:
    """A client's address, from ASGI's pair or RSGI's text."""
    host, port = client.rsplit(":", 1) if isinstance(client, str) else client
    return host.strip("[]"), int(port)
