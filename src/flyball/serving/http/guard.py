"""In front of an application that takes bodies as they come: they are read here, within bounds."""

from __future__ import annotations

import asyncio
import gc
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from flyball.config import Config
from flyball.domain.errors import BodyTooLarge, BodyTooSlow, FlyballError, MalformedBody, Overloaded
from flyball.domain.tries import network
from flyball.serving.http.asgi import Receive, Scope, Send, headers_of, send_last
from flyball.serving.http.exchange import SMALL
from flyball.serving.http.messages import check_one_length
from flyball.serving.http.proxies import Proxies
from flyball.serving.http.reading.streams import STREAM, Stream, Streams, is_streamed
from flyball.serving.http.turns import FULL, Turns

MOST_BODIES = 512
"""So many bodies may be under way at once; of more, the oldest is given up."""
MOST_HELD = 8 * 1024 * 1024
"""And so many bytes of them, or one of the largest size (bytes)."""
MOST_ANSWERS = 64
"""So many requests are with the application at once: Django takes a thread, and a connection, for each."""
MOST_WAITING = 256
"""So many more may wait for that; all others are told to come again."""
MOST_BESIDE = 1
"""So many requests of one address are with Django at once where it answers beside the data plane.

A prediction needs Python's lock a few times, and waits each time behind every thread that computes: 64 of
them made it six times as slow, two nearly twice, one by a quarter.
"""
TURN_SECONDS = 0.5
"""Who takes longer waits for something, and computes little: then it is the next one's turn."""
MOST_DELAYED = 256
"""So many who are told to come again hear it ``DELAY_SECONDS`` later: else they would do so at once."""
DELAY_SECONDS = 1.0
GRACE_SECONDS = 0.1
"""So long has a body that makes way: what has arrived already, among many at once, is still read."""
LEFT_SECONDS = 0.005
"""So long goes the turn on of a client that has left before its answer: about as long as a page takes.

A line that moved on at once would let in as many as ask and hang up, at many times the cost of a refusal.
"""
CROWD = 32
"""Where more of one address wait, each is given ``LEFT_SECONDS`` to leave before anything is computed."""


class Guard:
    """An ASGI application around another one, which gets every body whole, but for files.

    Those it reads as they arrive, once it has let them in (``scope[STREAM]``). Django itself writes
    a body to the disk before it asks whose it is, however large it is and however long it takes.

    For one event loop. ``at_once`` requests of one address are with the application at once, until
    their answers begin: a client that reads slowly keeps out nobody, nor does one whose answer takes longer
    than ``TURN_SECONDS``.
    """

    def __init__(
        self, application: Callable[..., Awaitable[None]], config: Config, at_once: int = MOST_ANSWERS
    ) -> None:
        self._application = application
        self._limit = config.management_body_limit
        self._body_seconds = config.body_seconds
        self._proxies = Proxies(config.trusted_proxies)
        self._under_way: OrderedDict[asyncio.Timeout, int] = OrderedDict()
        self._most_held = max(MOST_HELD, self._limit)
        self._room = asyncio.Semaphore(MOST_ANSWERS)
        self._turns = Turns(at_once=at_once, waiting=MOST_WAITING // 2)
        self._streams = Streams(config.body_seconds)
        self._waiting = self._kept = self._left = 0
        self._delayed = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Everything else is the application's."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        try:
            await self._pass_on(scope, receive, send)
            return
        except FlyballError as error:
            refusal = error.with_traceback(None)  # its frames would keep the body meanwhile
        if isinstance(refusal, Overloaded):
            await self._delay()
        await send_last(send, refusal)

    def _check_early(self, scope: Scope) -> None:
        """Refuse before the headers are looked at, where they cannot say whose the request is."""
        peer = (scope.get("client") or ("",))[0]
        if not self._proxies.trust(peer):
            self._check_room(network(peer))

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read, wait for a turn, and let the application answer."""
        self._check_early(scope)
        headers = headers_of(scope)
        seen = self._seen(scope, headers)
        address = network((seen.get("client") or ("",))[0])
        self._check_room(address)  # before anything is read
        if is_streamed(seen):
            await self._stream(seen, headers, Stream(receive, self._streams), send)
            return
        body = await self._body(headers, receive)
        with self._keeping(len(body)):
            async with self._turn(address) as end:
                patience = LEFT_SECONDS if self._turns.people(address) > CROWD else 0.0
                await self._answer(seen, _Whole(body, receive), _Told(send, end), patience)

    async def _stream(self, seen: Scope, headers: dict[str, str], stream: Stream, send: Send) -> None:
        """Let the application answer, which reads the body itself."""
        check_one_length(headers)
        try:
            async with self._turn(network((seen.get("client") or ("",))[0])) as end:
                told = _Told(send, end, stream)
                await self._application({**seen, STREAM: stream}, stream.messages, told)
        finally:
            await stream.close()

    async def _answer(self, seen: Scope, whole: _Whole, told: _Told, patience: float) -> None:
        """Let the application answer a client that is still there."""
        try:
            if not await whole.has_left(patience):
                await self._application(seen, whole, told)
            if not told.has_begun:
                await asyncio.sleep(LEFT_SECONDS)
        finally:
            whole.close()

    @asynccontextmanager
    async def _turn(self, address: str) -> AsyncIterator[Callable[[], None]]:
        """Wait for a turn, and for room. Gives what ends the turn before the answer has gone out."""
        self._check_room(address)
        self._waiting += 1
        try:
            end = await self._turns.take(address)
            try:
                await self._room.acquire()
            except BaseException:
                end()
                raise
        finally:
            self._waiting -= 1
        patience = asyncio.get_running_loop().call_later(TURN_SECONDS, end)
        try:
            yield end
        finally:
            patience.cancel()
            self._room.release()
            end()

    def _check_room(self, address: str) -> None:
        if self._waiting >= MOST_WAITING:
            raise Overloaded(FULL)
        self._turns.check(address)

    @contextmanager
    def _keeping(self, size: int) -> Iterator[None]:
        """Large bodies that wait for their answers share the room for those that arrive, once more."""
        counted = size if size > SMALL else 0
        if counted and self._kept + counted > self._most_held:
            raise Overloaded(FULL)
        self._kept += counted
        try:
            yield
        finally:
            self._kept -= counted
            self._left += counted
            if self._left > self._most_held:
                # Django's requests know themselves: where the collector seldom looks, their bodies stay.
                self._left = 0
                gc.collect()

    async def _delay(self) -> None:
        if self._delayed < MOST_DELAYED:
            self._delayed += 1
            try:
                await asyncio.sleep(DELAY_SECONDS)
            finally:
                self._delayed -= 1

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
        body = bytearray()  # a list of chunks of two bytes would take twenty times as much
        self._under_way[patience] = size = 0
        self._make_way()
        try:
            async for chunk in _chunks(receive):
                size += len(chunk)
                if size > self._limit:
                    raise self._too_large()
                body += chunk
                if size == length:
                    break
                if patience in self._under_way:
                    self._under_way[patience] = size
                    self._make_way()
            return bytes(body)
        finally:
            self._under_way.pop(patience, None)

    def _make_way(self) -> None:
        # The oldest goes: whoever sends slowly cannot keep out whoever sends at once.
        while len(self._under_way) > MOST_BODIES or sum(self._under_way.values()) > self._most_held:
            oldest, _ = self._under_way.popitem(last=False)
            oldest.reschedule(asyncio.get_running_loop().time() + GRACE_SECONDS)

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


class _Told:
    """Sends, and says when the answer begins: what is left then is to wait for the client.

    With the answer to a body of which not all is read, its connection ends.
    """

    def __init__(self, send: Send, begins: Callable[[], None], stream: Stream | None = None) -> None:
        self.has_begun = False
        self._send = send
        self._begins = begins
        self._stream = stream

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            self._begins()
            if self._stream is not None and not self._stream.is_read:
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await self._send(message)


class _Whole:
    """Gives the body in one message; then that the client has left, once it has."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._messages = [{"type": "http.request", "body": body, "more_body": False}]
        self._receive = receive
        self._leaving: asyncio.Future[Any] | None = None

    async def __call__(self) -> MutableMapping[str, Any]:
        if self._messages:
            return self._messages.pop()
        # Who asks may give up, and ask again.
        message: MutableMapping[str, Any] = await asyncio.shield(self._looked_for())
        return message

    async def has_left(self, patience: float) -> bool:
        """Whether it is known, now or within ``patience`` (seconds), that nobody waits for the answer."""
        leaving = self._looked_for()
        await asyncio.sleep(0)
        if patience:
            await asyncio.wait([leaving], timeout=patience)
        return leaving.done()

    def close(self) -> None:
        """Wait for it no longer."""
        if self._leaving is not None:
            self._leaving.cancel()

    def _looked_for(self) -> asyncio.Future[Any]:
        if self._leaving is None:
            self._leaving = asyncio.ensure_future(self._left())
        return self._leaving

    async def _left(self) -> MutableMapping[str, Any]:
        message = await self._receive()
        # Where the body's length was known, its end has not been read yet.
        return await self._receive() if message["type"] == "http.request" else message
