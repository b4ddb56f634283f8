"""A request and a response, as plain values: any server, and a Django view too, can hold the door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from flyball.domain.errors import MalformedBody
from flyball.serving.http import wire

Headers = list[tuple[str, str]]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request. ``path`` is as it was sent, percent-encoded; ``headers`` have lower-case names.

    ``peer`` is the address at the other end of the connection.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: bytes = b""
    peer: str = ""


class Response(msgspec.Struct, frozen=True):
    """An answer, complete."""

    status: int
    headers: Headers
    body: bytes = b""


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by their names; what stands more than once is joined by commas."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def check_one_length(headers: Mapping[str, str]) -> None:
    """Raises ``MalformedBody`` where a body has two lengths: two servers would see two different requests."""
    if "transfer-encoding" in headers and "content-length" in headers:
        raise MalformedBody("The body has two lengths.")


def json_response(value: Any, status: int = 200, media_type: str = "application/json") -> Response:
    """A JSON answer. It may hold personal data, so nothing on the way keeps a copy."""
    return plain_response(wire.encode(value), media_type, status)


def plain_response(body: bytes, media_type: str, status: int = 200) -> Response:
    """An answer of any type, which nothing on the way keeps either."""
    return Response(
        status,
        [
            ("content-type", media_type),
            ("content-length", str(len(body))),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ],
        body,
    )


def nothing() -> Response:
    """Done, and nothing to say."""
    return Response(204, [("cache-control", "no-store")])
