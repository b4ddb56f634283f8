"""Much to read: heads, bodies and addresses without end are refused early, and take no memory and no disk."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tests.attacks.target import MEGABYTE, Target, answer, closed, send

PATHS = ["/api/endpoints", "/sign-in", "/api/nowhere", "/v1/endpoints/a/predictions", "/v1/health", "/"]
LAST = "Connection: close\r\n"


def head(path: str, more: str, method: str = "POST") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode()


def status(told: bytes) -> int:
    return int(told.split(b" ")[1])


@pytest.mark.parametrize("path", PATHS)
def test_a_large_body_is_refused_by_its_length_before_it_comes(target: Target, path: str) -> None:
    with target.watched(), target.connect() as line:
        line.sendall(head(path, f"Content-Length: {1000 * MEGABYTE}\r\n"))
        assert status(answer(line)) in {401, 413}


@pytest.mark.parametrize("path", PATHS)
def test_chunks_without_end_are_cut_off(target: Target, path: str) -> None:
    chunk = b"100000\r\n" + b"." * MEGABYTE + b"\r\n"
    with target.watched(), target.connect() as line:
        line.sendall(head(path, "Transfer-Encoding: chunked\r\n"))
        taken = 0
        try:
            for _ in range(64):
                line.sendall(chunk)
                taken += 1
                target.look()
        except OSError:
            pass
        assert taken < 32


@pytest.mark.parametrize("path", ["/api/endpoints", "/sign-in", "/v1/endpoints/a/predictions"])
def test_many_bodies_that_stop_before_their_end_are_held_in_little_memory(target: Target, path: str) -> None:
    sent = head(path, f"Content-Length: {MEGABYTE}\r\n"), b"." * (MEGABYTE - 1)
    with target.watched(), target.crowd(300, *sent) as lines:
        for line in lines[::10]:
            send(line, b"." * (MEGABYTE // 2))
            target.look()
        assert target.healthy()


def test_many_whole_bodies_that_wait_for_their_answers_are_held_in_little_memory(target: Target) -> None:
    token = "a" * 32  # made up, in the cookie and in the form: the form is read, and its password looked at
    form = f"csrfmiddlewaretoken={token}&username=owner&password=".encode().ljust(MEGABYTE, b".")
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    said = head("/sign-in", f"Cookie: csrftoken={token}\r\n{kind}Content-Length: {len(form)}\r\n{LAST}")
    with target.watched(), target.crowd(300) as lines, ThreadPoolExecutor(len(lines)) as clients:
        asked = [clients.submit(post, line, said + form) for line in lines]
        while not all(each.done() for each in asked):
            target.look()
        assert {each.result() for each in asked} <= {200, 408, 429, 503}


def test_forms_without_end_leave_nothing_once_they_are_refused(target: Target) -> None:
    token = "a" * 32
    form = f"csrfmiddlewaretoken={token}".encode().ljust(MEGABYTE - 1, b"&")
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    said = head("/sign-in", f"Cookie: csrftoken={token}\r\n{kind}Content-Length: {len(form)}\r\n{LAST}")
    with target.watched():
        for _ in range(300):
            with target.connect() as line:
                assert post(line, said + form) == 400  # of a form with so many fields nothing is read
            target.look()


def post(line: socket.socket, request: bytes) -> int:
    """The status of the answer."""
    with suppress(ConnectionError):  # refused before it was read
        line.sendall(request)
    return status(answer(line))


@pytest.mark.parametrize("small", [60_000, 15_000])
def test_many_small_bodies_that_stop_before_their_end_are_too(target: Target, small: int) -> None:
    sent = head("/v1/endpoints/a/predictions", f"Content-Length: {small + 1}\r\n"), b"." * small
    with target.watched(), target.crowd(1500, *sent) as lines:
        assert target.healthy()
        assert closed(lines) == 1500


def test_a_flood_of_headers_is_held_in_little_memory(target: Target) -> None:
    headers = b"".join(b"X-%d: %b\r\n" % (number, b"." * 1000) for number in range(15))
    flood = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + headers
    with target.watched(), target.crowd(2000, flood):
        assert target.healthy()


@pytest.mark.parametrize(
    "more", ["X-Long: " + "." * 100_000 + "\r\n", "".join(f"X-{n}: 1\r\n" for n in range(1000))]
)
def test_too_much_of_a_head_is_refused(target: Target, more: str) -> None:
    with target.connect() as line:
        send(line, head("/v1/health", more + LAST, "GET"))
        told = answer(line)
        assert told == b"" or 400 <= status(told) < 500
    assert target.healthy()


@pytest.mark.parametrize("path", ["/v1/health", "/api/endpoints", "/sign-in", "/v1/predictions"])
def test_an_address_without_end_is_refused(target: Target, path: str) -> None:
    with target.watched(), target.connect() as line:
        send(line, head(f"{path}?{'a=b&' * 300_000}", LAST, "GET"))
        told = answer(line)
        assert told == b"" or 400 <= status(told) < 500


def test_requests_in_a_row_without_reading_are_held_in_little_memory(target: Target) -> None:
    row = head("/v1/health", "", "GET") * 500
    with target.watched(), target.crowd(20, *[row] * 20, size=4096):
        assert target.healthy()


def test_answers_that_nobody_reads_are_held_in_little_memory(target: Target) -> None:
    asked = head("/static/admin/css/base.css", "", "GET") * 20
    with target.watched(), target.crowd(300, asked, size=4096):
        assert target.healthy()


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
ASKED = b"\x83\x84\x86\x01\x09localhost"
"""HPACK: POST / by http from localhost."""


def test_headers_that_are_named_by_a_byte_each_in_http_2_are_not_taken(target: Target) -> None:
    # A header of 3,900 bytes is put into the table, and is 62 (0xbe) from then on.
    large = b"\x40\x01a\x7f\xbd\x1d" + b"." * 3900
    first = _headers(1, ASKED + large)
    more = b"".join(_headers(stream, ASKED + b"\xbe" * 4000) for stream in range(3, 83, 2))
    with target.watched(), target.crowd(1, PREFACE + first + more):
        for _ in range(10):
            assert target.healthy()


def _headers(stream: int, block: bytes) -> bytes:
    """A frame that asks, and has a body that never comes."""
    return len(block).to_bytes(3, "big") + b"\x01\x04" + stream.to_bytes(4, "big") + block


UPGRADES = [
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
]


@pytest.mark.parametrize("more", UPGRADES, ids=["websocket", "h2c"])
@pytest.mark.parametrize("path", ["/v1/health", "/v1/status", "/api/endpoints", "/"])
def test_nobody_leaves_http_1(target: Target, path: str, more: str) -> None:
    with target.connect() as line:
        line.sendall(head(path, more, "GET"))
        assert status(line.recv(MEGABYTE)) != 101
    assert target.healthy()
