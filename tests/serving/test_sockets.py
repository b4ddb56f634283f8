"""Real servers, attacked with raw sockets: they answer what can be answered, and go on."""

from __future__ import annotations

import json
import re
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes import KEYS
from tests.serving.doors import OUTCOMES, PREDICTIONS

ROOT = Path(__file__).parents[2]
BODY = b'{"input":{"age":39,"education":"Masters"}}'
LOCAL = ["--host", "127.0.0.1", "--port"]
SERVERS = {
    "granian": (["granian", "--interface", "asgi", *LOCAL], "application"),
    "granian, RSGI": (["granian", "--interface", "rsgi", *LOCAL], "native"),
    "uvicorn": (["uvicorn", *LOCAL], "application"),
}


@pytest.fixture(scope="module", params=SERVERS)
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server that is up."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words, name = SERVERS[request.param]
    command = [sys.executable, "-m", *words, str(port), f"tests.serving.hosted:{name}"]
    with (tmp_path_factory.mktemp("server") / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            wait(port, server)
            yield port
        finally:
            server.terminate()
            server.wait()


def wait(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections."""
    for _ in range(600):
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
            assert server.poll() is None, "The server has ended."
    raise AssertionError("The server does not start.")


def head(
    more: str = "", *, method: str = "POST", target: str = PREDICTIONS, key: str | None = "member"
) -> bytes:
    """The head of a request."""
    let_in = f"Authorization: Bearer {KEYS[key]}\r\n" if key else ""
    return f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{let_in}{more}\r\n".encode()


def length(body: bytes = BODY, more: str = "") -> str:
    """The header that says how long a body is."""
    return f"Content-Length: {len(body)}\r\n{more}"


LAST = "Connection: close\r\n"


def talk(port: int, *pieces: bytes, shut: bool = False) -> list[tuple[int, str]]:
    """The statuses and error codes that come back until the server closes the connection."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as line:
        answer = b""
        try:
            for piece in pieces:
                line.sendall(piece)
            if shut:
                line.shutdown(socket.SHUT_WR)
            while received := line.recv(65536):
                answer += received
        except TimeoutError:
            raise  # no answer, which is an error of the system too
        except OSError:
            pass  # the server has said what it had to say and reads no more
    return [read(each) for each in re.split(rb"(?=HTTP/1\.1 \d{3} )", answer) if each]


def read(answer: bytes) -> tuple[int, str]:
    """The status and the error code of one answer."""
    start, _, body = answer.partition(b"\r\n\r\n")
    document = json.loads(body) if body.startswith(b"{") else {}
    return int(start.split(b" ")[1]), document.get("code", "")


GOOD = head(length(more=LAST)) + BODY


def test_a_request_is_answered(port: int) -> None:
    assert talk(port, GOOD) == [(200, "")]


def test_a_body_may_come_byte_by_byte(port: int) -> None:
    assert talk(port, head(length(more=LAST)), *(bytes([byte]) for byte in BODY)) == [(200, "")]


def test_a_body_may_come_in_chunks(port: int) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY)
    assert talk(port, head(f"Transfer-Encoding: chunked\r\n{LAST}"), chunks + b"0\r\n\r\n") == [(200, "")]


def test_requests_in_a_row_are_answered_in_a_row(port: int) -> None:
    bad = head(length(b"{,}")) + b"{,}"
    unread = head(length(b"hello"), method="GET", target="/v1/status") + b"hello"
    assert talk(port, head(length()) + BODY + bad + unread + GOOD) == [
        (200, ""),
        (400, "malformed_body"),
        (200, ""),
        (200, ""),
    ]


def test_a_body_that_is_cut_off_is_not_answered_with_a_prediction(port: int) -> None:
    assert talk(port, head("Content-Length: 1000\r\n"), BODY, shut=True) in ([], [(400, "malformed_body")])
    assert talk(port, GOOD) == [(200, "")]


def test_a_body_that_says_it_is_too_large_is_refused_and_the_connection_ends(port: int) -> None:
    assert talk(port, head("Content-Length: 200000\r\n")) == [(413, "body_too_large")]


def test_chunks_over_the_limit_are_refused_and_the_connection_ends(port: int) -> None:
    chunk = b"ea60\r\n" + b" " * 60_000 + b"\r\n"
    assert talk(port, head("Transfer-Encoding: chunked\r\n"), chunk, chunk) == [(413, "body_too_large")]


@pytest.mark.parametrize("more", ["Content-Length: 90000\r\n", "Transfer-Encoding: chunked\r\n"])
def test_a_stranger_is_turned_away_before_the_body(port: int, more: str) -> None:
    assert talk(port, head(more, key=None)) == [(401, "unauthenticated")]


CSV = f"Content-Type: text/csv\r\n{LAST}"
LINES = b"reference,value\r\na,>50K\r\n"


def test_half_a_file_of_lines_is_never_taken_for_a_whole_one(port: int) -> None:
    chunked = head(f"Transfer-Encoding: chunked\r\n{CSV}", target=OUTCOMES)
    chunk = b"%x\r\n%b\r\n" % (len(LINES), LINES)
    assert talk(port, chunked, chunk, shut=True) in (
        [],
        [(400, "malformed_body")],
        [(411, "length_required")],
    )
    declared = head(length(b"x" * 90_000, CSV), target=OUTCOMES)
    assert talk(port, declared, LINES, shut=True) in ([], [(400, "malformed_body")])
    small = head(length(LINES + b"x", CSV), target=OUTCOMES)
    assert talk(port, small, LINES, shut=True) in ([], [(400, "malformed_body")])
    assert talk(port, head(length(LINES, CSV), target=OUTCOMES), LINES) == [(200, "")]


@pytest.mark.parametrize("lengths", ["1\r\nContent-Length: 42", "-1", "+42", "9" * 40, "0x2a", "42, 43"])
def test_a_length_that_is_none_is_never_answered_with_a_prediction(port: int, lengths: str) -> None:
    answers = talk(port, head(f"Content-Length: {lengths}\r\n{LAST}") + BODY, shut=True)
    assert all(400 <= status < 500 for status, _ in answers)
    assert talk(port, GOOD) == [(200, "")]


def test_a_slash_in_an_entity_reaches_the_engine(port: int) -> None:
    target = "/v1/endpoints/income/entities/a%2Fb%20c/prediction"
    assert talk(port, head(LAST, method="GET", target=target)) == [(200, "")]


def test_who_leaves_before_the_answer_disturbs_nobody(port: int) -> None:
    for body in (BODY, BODY[:10]) * 20:
        line = socket.create_connection(("127.0.0.1", port))
        line.sendall(head(length()) + body)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()  # with a reset: the answer has nowhere to go
    assert talk(port, GOOD) == [(200, "")]


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01\x00\xa5" + b"\x00" * 100, b"GET\r\n\r\n", b"\r\n" * 50 + b"x"]
)
def test_noise_disturbs_nobody(port: int, noise: bytes) -> None:
    talk(port, noise, shut=True)
    assert talk(port, GOOD) == [(200, "")]


def test_a_websocket_is_turned_away_and_disturbs_nobody(port: int) -> None:
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as line:
        line.sendall(head(upgrade + key, method="GET", target="/v1/health", key=None))
        assert read(line.recv(65536))[0] in {200, 403}  # 200: some servers see no more than a request
    assert talk(port, GOOD) == [(200, "")]


@pytest.mark.parametrize("key", ["\xe9", "\xc3\xa9"])
def test_a_retry_key_that_cannot_be_read_is_refused_and_never_left_out(port: int, key: str) -> None:
    request = head(length()).removesuffix(b"\r\n") + f"Idempotency-Key: {key}\r\n{LAST}\r\n".encode("latin-1")
    assert talk(port, request + BODY) == [(422, "invalid_input")]
