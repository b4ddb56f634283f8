"""Connections that are opened and say little or nothing: others are answered, and these are closed."""

from __future__ import annotations

import pytest

from tests.attacks.target import Target, answer, closed

CROWD = 1500
HEALTH = b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n"
SLOW: list[tuple[str, bytes]] = [
    ("silent", b""),
    ("half a head", HEALTH),
    ("a first byte", b"G"),
    ("answered once", HEALTH + b"\r\n"),
]


@pytest.mark.parametrize("sent", [sent for _, sent in SLOW], ids=[name for name, _ in SLOW])
def test_a_crowd_that_says_little_keeps_nobody_waiting_and_is_closed(target: Target, sent: bytes) -> None:
    with target.watched(), target.crowd(CROWD, sent) as lines:
        assert target.healthy()
        assert closed(lines) == CROWD


HOST = b" HTTP/1.1\r\nHost: localhost\r\n"
BODIES: list[tuple[str, bytes]] = [
    ("management", b"POST /api/endpoints" + HOST + b"Content-Length: 10\r\n\r\n"),
    ("login", b"POST /sign-in" + HOST + b"Content-Length: 10\r\n\r\n12345"),
    ("prediction", b"POST /v1/endpoints/a/predictions" + HOST + b"Content-Length: 9\r\n\r\n"),
    ("unread", b"GET /v1/health" + HOST + b"Content-Length: 9\r\n\r\n"),
    ("chunks", b"POST /api/x" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n"),
]


@pytest.mark.parametrize("sent", [sent for _, sent in BODIES], ids=[name for name, _ in BODIES])
def test_a_body_that_never_comes_is_not_waited_for_without_end(target: Target, sent: bytes) -> None:
    with target.watched(), target.crowd(200, sent) as lines:
        assert target.healthy()
        assert closed(lines) == 200


def test_more_connections_than_a_process_holds_make_way_for_new_ones(target: Target) -> None:
    with target.watched(), target.crowd(4000, HEALTH):
        for _ in range(3):
            assert target.healthy()


def test_who_sends_slowly_keeps_out_nobody_who_sends_at_once(target: Target) -> None:
    slow = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n1"
    with target.crowd(CROWD, slow), target.connect() as line:
        line.sendall(slow.replace(b"Host", b"Connection: close\r\nHost") + b"12345678")
        assert b" 403 " in answer(line).partition(b"\r\n")[0]  # without a token against forgery
