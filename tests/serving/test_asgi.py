"""ASGI around the door: bodies within bounds, clients that leave, and the life of a server."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import msgspec
import pytest

from flyball.serving.http.asgi import Application
from flyball.serving.http.door import Door
from tests.fakes import KEYS, FakeEngine, as_engine
from tests.serving.doors import CONFIG, PREDICTIONS

Message = MutableMapping[str, Any]
MEMBER = {"authorization": f"Bearer {KEYS['member']}"}
GOOD = b'{"input":{"age":39,"education":"Masters"}}'


class Host:
    """An ASGI server of one request: says what arrives, keeps what is sent."""

    def __init__(self, *, body_seconds: float = 30.0) -> None:
        self.engine = FakeEngine()
        self.life: list[str] = []
        self.config = msgspec.structs.replace(CONFIG, body_seconds=body_seconds)
        self.application = Application(self._start, self._stop)

    def _start(self) -> Door:
        self.life.append("start")
        self.door = Door(as_engine(self.engine), self.config)
        return self.door

    def _stop(self) -> None:
        self.life.append("stop")

    def run(self, scope: Message, arriving: list[Message]) -> tuple[list[Message], list[Message]]:
        """What was sent, and what of ``arriving`` was never asked for. After it, nothing more arrives."""
        sent: list[Message] = []

        async def receive() -> Message:
            if not arriving:
                await asyncio.Event().wait()
            return arriving.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(self.application(scope, receive, send))
        return sent, arriving

    def post(self, arriving: list[Message], **scope: Any) -> tuple[list[Message], list[Message]]:
        """The same, for a request for predictions."""
        headers = scope.pop("headers", MEMBER)
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        usual = {"type": "http", "method": "POST", "raw_path": PREDICTIONS.encode(), "query_string": b""}
        return self.run({**usual, "path": PREDICTIONS, "headers": raw, **scope}, arriving)


def chunk(body: bytes, more: bool = False) -> Message:
    """A piece of the body."""
    return {"type": "http.request", "body": body, "more_body": more}


def headers(sent: list[Message]) -> dict[bytes, bytes]:
    """The headers of what was sent."""
    return dict(sent[0]["headers"])


GONE: Message = {"type": "http.disconnect"}


def test_a_body_in_one_piece_is_answered() -> None:
    sent, _ = Host().post([chunk(GOOD)])
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 200
    assert b"connection" not in headers(sent)


def test_a_body_in_many_pieces_is_answered() -> None:
    sent, _ = Host().post([*(chunk(bytes([byte]), more=True) for byte in GOOD), chunk(b"")])
    assert sent[0]["status"] == 200


@pytest.mark.parametrize("arriving", [[GONE], [chunk(GOOD[:10], more=True), GONE]])
def test_who_leaves_before_the_request_is_complete_has_asked_nothing(arriving: list[Message]) -> None:
    host = Host()
    sent, _ = host.post(arriving)
    assert (sent[0]["status"], host.engine.calls) == (400, [])


def test_a_body_with_two_lengths_is_refused() -> None:
    sent, _ = Host().post(
        [chunk(GOOD)], headers={"content-length": "41", "transfer-encoding": "chunked"} | MEMBER
    )
    assert sent[0]["status"] == 400


def test_a_body_over_the_limit_is_refused_as_soon_as_it_is_over() -> None:
    large = {"transfer-encoding": "chunked"} | MEMBER
    pieces = [chunk(b" " * 60_000, more=True) for _ in range(5)]
    sent, unread = Host().post(pieces, headers=large)
    assert (sent[0]["status"], len(unread)) == (413, 3)
    assert headers(sent)[b"connection"] == b"close"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"content-length": "90000"}, 401),
        ({"transfer-encoding": "chunked"}, 401),
        ({"content-length": "many"}, 401),
        ({"content-length": "200000"} | MEMBER, 413),
        ({"content-length": "9" * 40} | MEMBER, 413),
        ({"transfer-encoding": "chunked", "authorization": "Bearer fb_viewer"}, 403),
    ],
)
def test_a_large_body_of_who_is_not_let_in_is_not_read(more: dict[str, str], status: int) -> None:
    sent, unread = Host().post([chunk(GOOD)], headers=more)
    assert (sent[0]["status"], len(unread)) == (status, 1)
    assert headers(sent)[b"connection"] == b"close"


def test_a_large_body_is_not_read_while_nothing_more_can_be_recorded() -> None:
    host = Host()
    host.engine.is_full = True
    sent, unread = host.post([chunk(GOOD)], headers={"content-length": "90000"} | MEMBER)
    assert (sent[0]["status"], len(unread)) == (503, 1)
    assert b"retry-after" in headers(sent)


def test_large_bodies_share_a_budget_and_small_ones_need_none() -> None:
    host = Host()
    large = {"transfer-encoding": "chunked"} | MEMBER
    host.post([chunk(GOOD)])  # the door is made
    with host.door.budget.share() as take:
        take(host.door.budget.limit - len(GOOD))
        assert host.post([chunk(GOOD)], headers=large)[0][0]["status"] == 200
        take(1)
        sent, unread = host.post([chunk(GOOD[:-1], more=True), chunk(b"}"), chunk(b"")], headers=large)
        assert (sent[0]["status"], headers(sent)[b"connection"], len(unread)) == (503, b"close", 1)
        assert host.post([chunk(GOOD)])[0][0]["status"] == 200
    assert host.door.budget.held == 0
    assert host.post([chunk(GOOD)], headers=large)[0][0]["status"] == 200


def test_a_body_that_does_not_arrive_is_not_waited_for_without_end() -> None:
    sent, _ = Host(body_seconds=0.0).post([chunk(GOOD[:10], more=True)])
    assert sent[0]["status"] == 408
    assert b"body_too_slow" in sent[1]["body"]


def test_a_slash_in_a_segment_survives_where_the_server_gives_the_raw_path() -> None:
    host = Host()
    raw = b"/v1/endpoints/income/entities/a%2Fb/prediction"
    host.post([chunk(b"")], method="GET", raw_path=raw, path="/v1/endpoints/income/entities/a/b/prediction")
    assert [one.entity for one in host.engine.stored.values()] == [{"customer_id": "a/b"}]


def test_without_a_raw_path_the_decoded_one_is_spelled_again() -> None:
    host = Host()
    host.post(
        [chunk(b"")], method="GET", raw_path=None, path="/v1/endpoints/income/entities/50% é/prediction"
    )
    assert [one.entity for one in host.engine.stored.values()] == [{"customer_id": "50% é"}]


def test_a_path_may_name_its_host() -> None:
    raw = b"http://[example/v1/health?x"
    sent, _ = Host().post([chunk(b"")], method="GET", raw_path=raw, query_string=b"x")
    assert sent[0]["status"] == 200


def test_a_door_below_a_prefix_knows_its_paths_without_it() -> None:
    path = f"/ml{PREDICTIONS}"
    sent, _ = Host().post([chunk(GOOD)], path=path, raw_path=path.encode(), root_path="/ml/")
    assert sent[0]["status"] == 200


def test_a_header_that_comes_twice_is_one_that_nobody_takes() -> None:
    twice = [(b"authorization", b"Bearer fb_member")] * 2
    scope = {"type": "http", "method": "POST", "path": PREDICTIONS, "query_string": b"", "headers": twice}
    sent, _ = Host().run(scope, [chunk(GOOD)])
    assert sent[0]["status"] == 401


def test_a_server_starts_and_stops_the_door_once() -> None:
    host = Host()
    sent, _ = host.run({"type": "lifespan"}, [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert host.life == ["start", "stop"]


def test_a_server_that_knows_no_lifespan_starts_the_door_with_the_first_request() -> None:
    host = Host()
    host.post([chunk(GOOD)])
    host.post([chunk(GOOD)])
    assert host.life == ["start"]


def test_a_door_that_does_not_open_stops_the_server() -> None:
    def start() -> Door:
        raise RuntimeError("no database")

    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        sent.append(message)

    with pytest.raises(RuntimeError, match="no database"):
        asyncio.run(Application(start, lambda: None)({"type": "lifespan"}, receive, send))
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]


def test_a_web_socket_is_turned_away() -> None:
    sent, _ = Host().run({"type": "websocket"}, [{"type": "websocket.connect"}])
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_who_has_no_key_is_waited_for_a_moment_only() -> None:
    sent, _ = Host(body_seconds=3600).post([chunk(GOOD[:10], more=True)], headers={"content-length": "41"})
    assert (sent[0]["status"], headers(sent)[b"connection"]) == (401, b"close")


def test_who_has_no_key_may_ask_again_on_the_same_connection_once_a_small_body_is_there() -> None:
    pieces = [chunk(GOOD[:10], more=True), chunk(GOOD[10:])]
    sent, unread = Host().post(pieces, headers={"content-length": "41"})
    assert (sent[0]["status"], unread) == (401, [])
    assert b"connection" not in headers(sent)


def test_where_nobody_reads_a_body_nobody_may_send_a_large_one() -> None:
    sent, unread = Host().post(
        [chunk(b" " * 60_000, more=True), chunk(b" " * 60_000, more=True), chunk(b"")],
        method="GET",
        path="/v1/health",
        raw_path=b"/v1/health",
        headers={"transfer-encoding": "chunked"},
    )
    assert (sent[0]["status"], len(unread)) == (413, 1)
