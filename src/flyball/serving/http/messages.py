"""A request and a response, as plain values: any server, and a Django view too, can hold the door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flyball.serving.http import wire

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request. ``path`` is as it was sent, percent-encoded; ``headers`` have lower-case names.

    ``peer`` is the address at the other end of the connection.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, complete."""

    status: int
    headers: Headers
    body: bytes = b""


def json_response(value: Any, status: int = 200, media_type: str = "application/json") -> Response:
    """A JSON answer. It may hold personal data, so nothing on the way keeps a copy."""
    body = wire.encode(value)
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
