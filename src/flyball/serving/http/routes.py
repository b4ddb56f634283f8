"""The paths of the HTTP door: each with its methods, least role, media types and handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from flyball.domain.errors import MethodNotAllowed, NotFound
from flyball.serving.http import handlers
from flyball.serving.http.handlers import Visit
from flyball.serving.http.messages import Response

Handler = Callable[[Visit], Awaitable[Response]]
JSON = ("application/json",)


@dataclass(frozen=True, slots=True)
class Route:
    """One path and its methods. ``role`` is the least one that may; ``None`` is for everybody."""

    methods: tuple[str, ...]
    path: str
    role: str | None
    handler: Handler
    takes: tuple[str, ...] = ()


ROUTES = (
    Route(("GET", "HEAD"), "/v1/health", None, handlers.health),
    Route(("GET",), "/v1/status", "viewer", handlers.status),
    Route(("POST",), "/v1/endpoints/{endpoint}/predictions", "member", handlers.predict, JSON),
    Route(("GET",), "/v1/endpoints/{endpoint}/entities/{key}/prediction", "member", handlers.predict_entity),
    Route(("GET",), "/v1/predictions", "viewer", handlers.predictions),
    Route(("GET",), "/v1/predictions/{id}", "viewer", handlers.prediction),
    Route(("DELETE",), "/v1/predictions/{id}", "owner", handlers.erase),
    Route(("POST", "PUT", "PATCH"), "/v1/predictions/{id}/outcome", "member", handlers.outcome, JSON),
    Route(("POST",), "/v1/endpoints/{endpoint}/outcomes", "member", handlers.outcomes, (*JSON, "text/csv")),
)


def match(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route of a request, and the path's values, decoded. Raises ``NotFound``, ``MethodNotAllowed``."""
    segments = path.split("/")
    matching = _matching(segments)
    if not matching:
        raise NotFound("There is nothing at this path.")
    for route in matching:
        if method in route.methods:
            return route, _values(_SEGMENTS[route.path], segments)
    raise MethodNotAllowed


def allowed(path: str) -> list[str]:
    """The methods that a path takes."""
    return sorted({method for route in _matching(path.split("/")) for method in route.methods})


_SEGMENTS: Mapping[str, list[str]] = {route.path: route.path.split("/") for route in ROUTES}
_BY_LENGTH: Mapping[int, list[Route]] = {
    length: [route for route in ROUTES if len(_SEGMENTS[route.path]) == length]
    for length in sorted({len(segments) for segments in _SEGMENTS.values()})
}


def _matching(segments: list[str]) -> list[Route]:
    candidates = _BY_LENGTH.get(len(segments), [])
    return [route for route in candidates if _fits(_SEGMENTS[route.path], segments)]


def _fits(pattern: list[str], segments: list[str]) -> bool:
    for part, segment in zip(pattern, segments, strict=True):
        if part != segment and not (segment and part.startswith("{")):
            return False
    return True


def _values(pattern: list[str], segments: list[str]) -> dict[str, str]:
    values = {}
    for part, segment in zip(pattern, segments, strict=True):
        if part.startswith("{"):
            values[part[1:-1]] = _decoded(segment)
    return values


def _decoded(segment: str) -> str:
    try:
        text = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise NotFound("There is nothing at this path.") from None
    if "\x00" in text:
        raise NotFound("There is nothing at this path.")
    return text
