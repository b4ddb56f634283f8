"""In front of Django: a file's body is read by who has let it in, as it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any

import msgspec
import pytest

from flyball.domain.errors import BodyTooSlow, MalformedBody, Overloaded
from flyball.serving.http.guard import Guard
from flyball.serving.http.reading.streams import MOST_STREAMS, SLOWEST, STREAM, Stream, Streams, is_streamed
from tests.serving.test_guard import CONFIG

Message = MutableMapping[str, Any]
PATH = "/api/endpoints/income/uploads/people.csv"


class Arriving:
    """A request whose body arrives in pieces, and then waits, or ends, or breaks off."""

    def __init__(self, *pieces: bytes, then: str = "ends") -> None:
        self.messages: list[Message] = [
            {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
        ]
        if then == "ends":
            self.messages[-1]["more_body"] = False
        elif then == "leaves":
            self.messages.append({"type": "http.disconnect"})
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        """The next message; none for ever, where there is none."""
        if not self.messages:
            await asyncio.Event().wait()
        return self.messages.pop(0)

    async def send(self, message: Message) -> None:
        """What is answered."""
        self.sent.append(message)

    def to(self, guard: Guard, **headers: str) -> Any:
        """The request, as it is answered."""
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "PUT", "path": PATH, "client": ("127.0.0.1", 7), "headers": raw}
        return guard(scope, self.receive, self.send)


def behind(reads: Callable[[Stream], Any]) -> Any:
    """An application that does so with the stream of a body, and answers."""

    async def application(scope: Message, receive: Any, send: Any) -> None:
        assert await receive() == {"type": "http.request", "body": b"", "more_body": False}
        await reads(scope[STREAM])
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return application


@pytest.mark.parametrize(
    ("method", "path", "streamed"),
    [
        ("PUT", PATH, True),
        ("PUT", f"/ml{PATH}", True),
        ("POST", PATH, False),
        ("DELETE", PATH, False),
        ("PUT", f"{PATH}/more", False),
        ("PUT", "/api/endpoints/income/uploads/", False),
        ("PUT", "/api/endpoints/income/fallback", False),
    ],
)
def test_only_files_are_streamed(method: str, path: str, streamed: bool) -> None:
    assert is_streamed({"method": method, "path": path}) is streamed


def test_a_body_far_over_the_limit_of_others_is_read_in_pieces() -> None:
    kept: list[bytes] = []

    async def reads(stream: Stream) -> None:
        while part := await stream.read(5000):
            kept.append(part)

    request = Arriving(*[b"x" * 1000] * 12)
    asyncio.run(request.to(Guard(behind(reads), CONFIG)))
    assert [len(part) for part in kept] == [5000, 5000, 2000]
    assert request.sent[0]["headers"] == []


def test_who_is_not_let_in_has_nothing_of_the_body_kept_and_the_connection_ends() -> None:
    async def reads(stream: Stream) -> None:
        pass

    request = Arriving(b"a", b"b", b"c")
    asyncio.run(request.to(Guard(behind(reads), CONFIG)))
    assert request.sent[0]["headers"] == [(b"connection", b"close")]
    assert request.messages == [], "what was on its way has arrived, and the client hears the answer"


def test_a_body_with_two_lengths_is_refused() -> None:
    async def reads(stream: Stream) -> None:
        raise AssertionError

    request = Arriving(b"a")
    asyncio.run(request.to(Guard(behind(reads), CONFIG), content_length="1", transfer_encoding="chunked"))
    assert request.sent[0]["status"] == 400


def test_a_body_that_breaks_off_is_told() -> None:
    async def read() -> None:
        stream = Stream(Arriving(b"a", then="leaves").receive, Streams(1))
        with pytest.raises(MalformedBody):
            await stream.read(10)

    asyncio.run(read())


def test_a_body_that_stands_still_is_given_up() -> None:
    async def read() -> None:
        stream = Stream(Arriving(b"a" * SLOWEST * 60, then="waits").receive, Streams(0.01))
        assert len(await stream.read(1)) == SLOWEST * 60
        with pytest.raises(BodyTooSlow):
            await stream.read(1)

    asyncio.run(read())


def test_a_body_that_drips_is_given_up() -> None:
    async def drip() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def read() -> None:
        with pytest.raises(BodyTooSlow):
            await Stream(drip, Streams(0.05)).read(10_000)

    asyncio.run(read())


def test_so_many_are_read_at_once_and_who_is_turned_away_counts_for_nothing() -> None:
    async def read() -> None:
        streams = Streams(1)
        some = [Stream(Arriving(b"a", b"b").receive, streams) for _ in range(MOST_STREAMS + 1)]
        for _ in range(3):  # nobody has let these in
            await Stream(Arriving(b"a").receive, streams).close()
        for each in some[:-1]:
            await each.read(1)
        with pytest.raises(Overloaded):
            await some[-1].read(1)
        await some[-1].close()
        await some[0].close()
        assert await Stream(Arriving(b"a").receive, streams).read(1) == b"a"

    asyncio.run(read())


def test_other_bodies_are_whole_as_before() -> None:
    async def application(scope: Message, receive: Any, send: Any) -> None:
        assert STREAM not in scope
        assert (await receive())["body"] == b"ab"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def answer() -> None:
        request = Arriving(b"a", b"b")
        guard = Guard(application, msgspec.structs.replace(CONFIG, management_body_limit=2))
        scope = {"type": "http", "method": "POST", "path": PATH, "client": ("127.0.0.1", 7), "headers": []}
        await guard(scope, request.receive, request.send)
        assert request.sent[0]["status"] == 200

    asyncio.run(answer())
