"""The paths of the HTTP door: each with its methods, least role, media types and handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from flyball.serving.http import handlers
from flyball.serving.http.handlers import Visit
from flyball.serving.http.messages import Response

Handler = Callable[[Visit], Awaitable[Response]]
JSON = ("application/json",)
ANY_KEY = ""
"""Instead of a role: any will do."""


@dataclass(frozen=True, slots=True)
class Path:
    """One path and its methods. ``template`` has each of its values in braces.

    ``role`` is the least one that may; ``ANY_KEY`` is for every key, ``None`` for everybody.
    """

    methods: tuple[str, ...]
    template: str
    role: str | None
    handler: Handler
    takes: tuple[str, ...] = ()


PATHS = (
    Path(("GET", "HEAD"), "/v1/health", None, handlers.health),
    Path(("GET",), "/v1/openapi.json", ANY_KEY, handlers.openapi),
    Path(("GET",), "/v1/status", "viewer", handlers.status),
    Path(("GET",), "/v1/metrics", "viewer", handlers.metrics),
    Path(("POST",), "/v1/endpoints/{endpoint}/predictions", "caller", handlers.predict, JSON),
    Path(("GET",), "/v1/endpoints/{endpoint}/entities/{key}/prediction", "caller", handlers.predict_entity),
    Path(("GET",), "/v1/predictions", "viewer", handlers.predictions),
    Path(("GET",), "/v1/predictions/{id}", "viewer", handlers.prediction),
    Path(("GET",), "/v1/predictions/{id}/reasons", "viewer", handlers.reasons),
    Path(("GET",), "/v1/predictions/{id}/replay", "viewer", handlers.replay),
    Path(("DELETE",), "/v1/predictions/{id}", "owner", handlers.erase),
    Path(("POST", "PUT", "PATCH"), "/v1/predictions/{id}/outcome", "caller", handlers.outcome, JSON),
    Path(("POST",), "/v1/endpoints/{endpoint}/erasures", "owner", handlers.erase_person, JSON),
    Path(("POST",), "/v1/endpoints/{endpoint}/outcomes", "caller", handlers.outcomes, (*JSON, "text/csv")),
)

PREDICTING = (handlers.predict, handlers.predict_entity)
"""The handlers whose refusals are counted."""
