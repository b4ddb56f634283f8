"""In front of Django: bodies come whole and within bounds, or not at all; so many requests at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec

from flyball.config import Config
from flyball.serving.http.guard import (
    CROWD,
    DELAY_SECONDS,
    LEFT_SECONDS,
    MOST_ANSWERS,
    MOST_BODIES,
    MOST_DELAYED,
    MOST_HELD,
    MOST_WAITING,
    TURN_SECONDS,
    Guard,
)

Message = MutableMapping[str, Any]
CONFIG = Config(
    home=Path("/nowhere"),
    database_url="sqlite:///nowhere",
    management_body_limit=1000,
    trusted_proxies=("10.0.0.1",),
)


class Behind:
    """An application that keeps what it is asked, and answers once it is let."""

    def __init__(self) -> None:
        self.asked: list[tuple[Message, bytes]] = []
        self.then: list[str] = []
        self.let = asyncio.Event()
        self.let.set()

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        message = await receive()
        assert not message["more_body"]
        self.asked.append((scope, message["body"]))
        await self.let.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        self.then.append((await receive())["type"])
        await send({"type": "http.response.body", "body": b""})


def ask(
    guard: Guard,
    *pieces: bytes,
    complete: bool = True,
    reads: bool = True,
    leaves: float | None = None,
    peer: str = "127.0.0.1",
    **headers: str,
) -> asyncio.Task[int]:
    """The status of the answer to a body in pieces, after which the client leaves.

    Without ``reads`` the answer begins and never goes on. Who ``leaves`` does so this much later than it is
    looked for (seconds), and is told 0; everybody else once the answer has begun.
    """
    arriving = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    if complete:
        arriving += [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]
    sent: list[Message] = []
    begun = asyncio.Event()

    async def receive() -> Message:
        if not arriving:
            await asyncio.Event().wait()
        message = arriving.pop(0)
        if message["type"] == "http.disconnect":
            await left(leaves, begun)
        return message

    async def send(message: Message) -> None:
        sent.append(message)
        begun.set()
        if not reads:
            await asyncio.Event().wait()

    async def answer() -> int:
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "client": (peer, 7), "scheme": "http", "headers": raw}
        scope |= {"method": "POST", "path": "/api/keys"}
        await guard(scope, receive, send)
        return int(sent[0]["status"]) if sent else 0

    return asyncio.ensure_future(answer())


async def left(leaves: float | None, begun: asyncio.Event) -> None:
    """When the client has left; it is known at once of who left at once."""
    if leaves is None:
        await begun.wait()
    elif leaves:
        await asyncio.sleep(leaves)


def run(test: Callable[[Behind], Awaitable[None]]) -> Behind:
    """A test in an event loop, with its application."""

    async def all_of_it() -> Behind:
        behind = Behind()
        await test(behind)
        return behind

    return asyncio.run(all_of_it())


def test_a_body_in_pieces_comes_whole_and_then_that_the_client_left() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG)
        assert await ask(guard, b"ab", b"cd", content_length="4") == 200
        assert await ask(guard, b"ab", b"cd", transfer_encoding="chunked") == 200
        assert await ask(guard) == 200

    behind = run(test)
    assert [body for _, body in behind.asked] == [b"abcd", b"abcd", b""]
    assert behind.then == ["http.disconnect"] * 3


def test_for_a_client_that_has_left_nothing_is_computed() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG, at_once=1)
        behind.let.clear()
        first = ask(guard, b"first")
        others = [ask(guard, b"left", leaves=0) for _ in range(5)]
        last = ask(guard, b"last")
        await asyncio.sleep(0.01)
        behind.let.set()
        assert await asyncio.gather(first, *others, last) == [200, 0, 0, 0, 0, 0, 200]

    assert [body for _, body in run(test).asked] == [b"first", b"last"]


def test_who_leaves_keeps_its_turn_for_a_while_so_that_a_flood_is_refused_early() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG, at_once=1)
        flood = []
        for _ in range(2 * MOST_WAITING):
            flood.append(ask(guard, leaves=0))
            for _ in range(5):  # time enough for a turn, if it took none
                await asyncio.sleep(0)
        assert 503 in await asyncio.gather(*flood)

    assert run(test).asked == []


def test_where_many_of_one_address_wait_each_has_a_moment_to_leave_before_anything_is_computed() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG, at_once=1)
        behind.let.clear()
        first = ask(guard, b"first")
        flood = [ask(guard, b"left", leaves=LEFT_SECONDS / 5) for _ in range(2 * CROWD)]
        await asyncio.sleep(0.01)
        behind.let.set()
        assert await first == 200
        await asyncio.gather(*flood)

    asked = [body for _, body in run(test).asked]
    assert asked[0] == b"first"
    assert len(asked) <= 1 + CROWD


def test_what_is_no_body_within_bounds_is_refused_and_nobody_hears_of_it() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG)
        assert await ask(guard, content_length="1001", complete=False) == 413
        assert await ask(guard, content_length="9" * 40, complete=False) == 413
        assert await ask(guard, content_length="-1", complete=False) == 413
        assert await ask(guard, b"." * 600, b"." * 600, transfer_encoding="chunked", complete=False) == 413
        assert await ask(guard, content_length="1", transfer_encoding="chunked") == 400

    assert run(test).asked == []


def test_a_body_that_does_not_come_is_not_waited_for_without_end() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, msgspec.structs.replace(CONFIG, body_seconds=0.1))
        assert await ask(guard, b"ab", content_length="4", complete=False) == 408

    run(test)


def test_of_too_many_bodies_under_way_the_oldest_makes_way() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG)
        slow = [ask(guard, b"a", content_length="4", complete=False) for _ in range(MOST_BODIES)]
        await asyncio.sleep(0)
        late = [ask(guard, b"a", content_length="4", complete=False) for _ in range(2)]
        assert await asyncio.gather(*slow[:2]) == [408, 408]
        assert await ask(guard, b"abcd", content_length="4") == 200
        for each in (*slow, *late):
            each.cancel()

    run(test)


def test_more_requests_than_can_wait_are_told_to_come_again() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG)
        behind.let.clear()
        number = MOST_ANSWERS + MOST_WAITING + 3
        many = [ask(guard, peer=f"192.0.2.{turn % 2}") for turn in range(number)]
        await asyncio.sleep(0.1)
        assert len(behind.asked) == MOST_ANSWERS
        behind.let.set()
        answers = await asyncio.gather(*many)
        assert (answers.count(200), answers.count(503)) == (MOST_ANSWERS + MOST_WAITING, 3)

    run(test)


def test_who_is_told_to_come_again_is_told_later_so_as_not_to_come_at_once() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG, at_once=1)
        behind.let.clear()
        many = [ask(guard) for _ in range(1 + MOST_WAITING // 2 + MOST_DELAYED + 3)]
        done, _ = await asyncio.wait(many, timeout=DELAY_SECONDS / 4)
        assert len(done) == 3
        done, _ = await asyncio.wait(many, timeout=DELAY_SECONDS)
        assert len(done) == 3 + MOST_DELAYED
        behind.let.set()
        assert list(await asyncio.gather(*many)).count(200) == 1 + MOST_WAITING // 2

    run(test)


def test_one_address_keeps_out_no_other() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG, at_once=2)
        behind.let.clear()
        many = [ask(guard) for _ in range(MOST_WAITING)]
        other = ask(guard, peer="192.0.2.1")
        await asyncio.sleep(0.1)
        assert [scope["client"][0] for scope, _ in behind.asked] == ["127.0.0.1"] * 2 + ["192.0.2.1"]
        behind.let.set()
        assert await other == 200
        await asyncio.gather(*many)

    run(test)


def test_a_client_that_does_not_read_its_answer_keeps_out_nobody() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG, at_once=1)
        slow = ask(guard, reads=False)
        await asyncio.sleep(0.1)
        assert await ask(guard) == 200
        slow.cancel()

    run(test)


def test_a_request_that_takes_long_keeps_out_nobody() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG, at_once=1)
        behind.let.clear()
        many = [ask(guard) for _ in range(2)]
        await asyncio.sleep(TURN_SECONDS / 2)
        assert len(behind.asked) == 1
        await asyncio.sleep(TURN_SECONDS)
        assert len(behind.asked) == 2
        behind.let.set()
        assert await asyncio.gather(*many) == [200, 200]

    run(test)


def test_whole_bodies_that_wait_for_their_answers_share_a_room() -> None:
    async def test(behind: Behind) -> None:
        large = b"." * (MOST_HELD // 8)
        guard = Guard(behind, msgspec.structs.replace(CONFIG, management_body_limit=len(large)))
        behind.let.clear()
        many = [ask(guard, large, transfer_encoding="chunked") for _ in range(8)]
        await asyncio.sleep(0.1)
        assert await ask(guard, large, transfer_encoding="chunked") == 503
        small = ask(guard, b"abcd", content_length="4")
        behind.let.set()
        assert await asyncio.gather(*many, small) == [200] * 9
        assert await ask(guard, large, transfer_encoding="chunked") == 200

    run(test)


def test_what_a_trusted_proxy_says_of_its_client_is_passed_on_and_nobody_elses_word() -> None:
    async def test(behind: Behind) -> None:
        guard = Guard(behind, CONFIG)
        for peer in ("10.0.0.1", "10.0.0.2"):
            await ask(guard, peer=peer, x_forwarded_for="192.0.2.7", x_forwarded_proto="https")

    seen = [(scope["client"][0], scope["scheme"]) for scope, _ in run(test).asked]
    assert seen == [("192.0.2.7", "https"), ("10.0.0.2", "http")]
