"""What somebody without a key may send, again and again, to cost others time or the server memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

HOST = "Host: 127.0.0.1\r\n"
PREDICTIONS = "/v1/endpoints/boosting/predictions"
LOGIN = "/sign-in"
PASSED = "a" * 32
"""A token against forgery that a client has made up, in its cookie and in its form."""
KILOBYTE = 1024
LARGEST_FORM = 1000 * KILOBYTE
"""Less than the guard takes (bytes)."""


class Ends(Enum):
    """How a client ends a request."""

    ANSWERED = "reads the answer, and asks again on the same connection"
    CLOSED = "waits until the server closes the connection, and opens another one"
    HUNG_UP = "hangs up at once, and opens another connection"
    DRIPPED = "takes its answer a few bytes at a time"


@dataclass(frozen=True, slots=True)
class Attack:
    """So many clients who each send ``pieces``, with a pause between two (seconds), over and over."""

    name: str
    pieces: tuple[bytes, ...]
    ends: Ends = Ends.ANSWERED
    clients: int = 16
    pause: float = 0.0
    answers: int = 1
    """How many answers belong to what is sent."""


def _head(method: str, path: str, more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\n{HOST}{more}\r\n".encode()


def _sent(path: str, body: bytes, more: str = "") -> bytes:
    return _head("POST", path, f"{more}Content-Length: {len(body)}\r\n") + body


def _chunks(path: str, size: int, number: int) -> tuple[bytes, ...]:
    chunk = f"{size:x}\r\n".encode() + b"." * size + b"\r\n"
    return (_head("POST", path, "Transfer-Encoding: chunked\r\n"), *[chunk] * number)


def _form(body: bytes) -> bytes:
    more = f"Cookie: csrftoken={PASSED}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return _sent(LOGIN, f"csrfmiddlewaretoken={PASSED}&".encode() + body, more)


HEALTH = _head("GET", "/v1/health")
PAGE = _head("GET", LOGIN)
STYLE = _head("GET", "/static/admin/css/base.css")
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
MANY_HEADERS = "".join(f"X-{number}: {'.' * 130}\r\n" for number in range(90))
SMALL = [
    Attack("health", (HEALTH,)),
    Attack("health, 32 in a row", (HEALTH * 32,), answers=32),
    Attack("no key", (_head("GET", "/v1/status"),)),
    Attack("wrong keys", (_head("GET", "/v1/status", "Authorization: Bearer fly_wrong\r\n"),)),
    Attack("no key to management", (_head("GET", "/api/endpoints"),)),
    Attack("nothing there", (_head("GET", "/nowhere"),)),
    Attack("static file", (STYLE,)),
    Attack("out of the static files", (_head("GET", "/static/../settings.py"),)),
    Attack("90 headers, 13 KB", (_head("GET", "/v1/health", MANY_HEADERS),)),
    Attack("a page of Django's", (PAGE,)),
    Attack("a page of Django's, 300 clients", (PAGE,), clients=300),
    Attack("wrong passwords", (_form(b"login=owner&password=wrong"),)),
    Attack("a prediction without a key", (_sent(PREDICTIONS, b"{}"),)),
]
LARGE = [
    Attack("forms of 1 MB", (_form(b"a=b&" * (LARGEST_FORM // 4)),)),
    Attack(
        "1 GB declared, to /v1/", (_head("POST", PREDICTIONS, "Content-Length: 1000000000\r\n"),), Ends.CLOSED
    ),
    Attack(
        "1 GB declared, to /api/",
        (_head("POST", "/api/endpoints", "Content-Length: 1000000000\r\n"),),
        Ends.CLOSED,
    ),
    Attack("chunks of 64 KB, to /v1/", _chunks(PREDICTIONS, 64 * KILOBYTE, 512), Ends.CLOSED),
    Attack("chunks of 64 KB, to /api/", _chunks("/api/endpoints", 64 * KILOBYTE, 512), Ends.CLOSED),
    Attack("chunks of 64 KB, to the login", _chunks(LOGIN, 64 * KILOBYTE, 512), Ends.CLOSED),
    Attack(
        "slow chunks of 16 KB, to /api/",
        _chunks("/api/endpoints", 16 * KILOBYTE, 512),
        Ends.CLOSED,
        300,
        0.05,
    ),
    Attack("chunks of 2 bytes, to the login", (b"".join(_chunks(LOGIN, 2, 600_000)),), Ends.CLOSED),
    Attack("chunks of 2 bytes, to /v1/", (b"".join(_chunks(PREDICTIONS, 2, 600_000)),), Ends.CLOSED),
]
LINES = [
    Attack("half heads", (HEALTH[:-2],), Ends.CLOSED, clients=1000),
    Attack("half heads, hung up", (HEALTH[:-2],), Ends.HUNG_UP),
    Attack("asked, hung up", (PAGE,), Ends.HUNG_UP),
    Attack("heads of 100 KB", (_head("GET", "/", "X-Long: " + "." * 100_000 + "\r\n"),), Ends.CLOSED),
    Attack("preface of HTTP/2", (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),), Ends.CLOSED),
    Attack("upgrade to a WebSocket", (_head("GET", "/v1/health", UPGRADE),)),
    Attack("static files, read slowly", (STYLE * 20,), Ends.DRIPPED, 200),
    Attack("pages, read slowly", (PAGE * 20,), Ends.DRIPPED, 200),
]
ATTACKS = (*SMALL, *LARGE, *LINES)


def innocent(request: bytes) -> list[Attack]:
    """The same load from clients who have a key: what sharing the processor costs by itself."""
    own = Attack("predictions with a key", (request,))
    return [own, replace(own, name="one client with a key", clients=1)]
