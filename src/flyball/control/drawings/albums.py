"""Albums: charts that belong together, by the name under which an app above has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.module_loading import import_string

from flyball.domain.errors import NotFound

ALBUMS: dict[str, str] = {}
"""The dotted name of what gives an album's charts, by the album's name."""


def register(name: str, place: str) -> None:
    """Add an album. Nothing is imported until somebody asks for its charts."""
    ALBUMS[name] = place


def charts(name: str, **of: Any) -> Mapping[str, Mapping[str, Any]]:
    """The charts of an album as documents that can be drawn, by name. Raises ``NotFound``."""
    if name not in ALBUMS:
        raise NotFound("This project has no charts: its INSTALLED_APPS lack flyball.console.")
    found: Mapping[str, Mapping[str, Any]] = import_string(ALBUMS[name])(**of)
    return found
