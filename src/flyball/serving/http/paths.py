"""The paths of the HTTP door: each with its methods, least role, media types and handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from flyball.domain.errors import MethodNotAllowed, NotFound
from flyball.serving.http import handlers
from flyball.serving.http.handlers import Visit
from flyball.serving.http.messages import Response

Handler = Callable[[Visit], Awaitable[Response]]
JSON = ("application/json",)


@dataclass(frozen=True, slots=True)
class Path:
    """One path and its methods. ``template`` has each of its values in braces.

    ``role`` is the least one that may; ``None`` is for everybody.
    """

    methods: tuple[str, ...]
    template: str
    role: str | None
    handler: Handler
    takes: tuple[str, ...] = ()


PATHS = (
    Path(("GET", "HEAD"), "/v1/health", None, handlers.health),
    Path(("GET",), "/v1/status", "viewer", handlers.status),
    Path(("POST",), "/v1/endpoints/{endpoint}/predictions", "caller", handlers.predict, JSON),
    Path(("GET",), "/v1/endpoints/{endpoint}/entities/{key}/prediction", "caller", handlers.predict_entity),
    Path(("GET",), "/v1/predictions", "viewer", handlers.predictions),
    Path(("GET",), "/v1/predictions/{id}", "viewer", handlers.prediction),
    Path(("DELETE",), "/v1/predictions/{id}", "owner", handlers.erase),
    Path(("POST", "PUT", "PATCH"), "/v1/predictions/{id}/outcome", "caller", handlers.outcome, JSON),
    Path(("POST",), "/v1/endpoints/{endpoint}/erasures", "owner", handlers.erase_person, JSON),
    Path(("POST",), "/v1/endpoints/{endpoint}/outcomes", "caller", handlers.outcomes, (*JSON, "text/csv")),
)


def match(method: str, path: str) -> tuple[Path, Mapping[str, str]]:
    """A request's path, and the values in it, decoded. Raises ``NotFound``, ``MethodNotAllowed``."""
    return _known(method, path) if path.endswith(OFTEN) else _match(method, path)


def _match(method: str, path: str) -> tuple[Path, Mapping[str, str]]:
    segments = path.split("/")
    matching = _matching(segments)
    if not matching:
        raise NotFound("There is nothing at this path.")
    for known in matching:
        if method in known.methods:
            return known, _values(_SEGMENTS[known.template], segments)
    raise MethodNotAllowed


def allowed(path: str) -> list[str]:
    """The methods that a path takes."""
    return sorted({method for known in _matching(path.split("/")) for method in known.methods})


OFTEN = ("/predictions", "/outcomes")
"""Ends of paths that are asked again and again: they name an endpoint, never a person."""
_known = lru_cache(1024)(_match)
_SEGMENTS: Mapping[str, list[str]] = {path.template: path.template.split("/") for path in PATHS}
_BY_LENGTH: Mapping[int, list[Path]] = {
    length: [path for path in PATHS if len(_SEGMENTS[path.template]) == length]
    for length in sorted({len(segments) for segments in _SEGMENTS.values()})
}


def _matching(segments: list[str]) -> list[Path]:
    return [path for path in _BY_LENGTH.get(len(segments), []) if _fits(_SEGMENTS[path.template], segments)]


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
