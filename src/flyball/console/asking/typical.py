"""A typical case: the middle of each number, and the most frequent of each category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flyball.console.asking.form import text_of
from flyball.control.registry import selectors as registry
from flyball.domain.routing import Route
from flyball.domain.schema import Kind
from flyball.domain.values import finite


def typical(route: Route, schema_kinds: Mapping[str, Kind]) -> dict[str, str]:
    """Texts for the fields of a form, as far as the champion's snapshot was profiled; no row of anybody's."""
    version = registry.version(route.endpoint, route.champion.version)
    profile = version.facts.get("profile")
    found = {}
    for name, kind in schema_kinds.items():
        text = _typical(kind, profile.get(name) if isinstance(profile, dict) else None)
        if text:
            found[name] = text
    return found


def _typical(kind: Kind, shown: Any) -> str:
    """Facts of another release, or folder, may hold anything."""
    if not isinstance(shown, dict):
        return ""
    quantiles, categories = shown.get("quantiles"), shown.get("categories")
    if kind in {Kind.NUMBER, Kind.INTEGER} and isinstance(quantiles, dict):
        middle = finite(quantiles.get("0.5"))
        if middle is None:
            return ""
        return text_of(float(round(middle)) if kind is Kind.INTEGER else float(f"{middle:.6g}"))
    if kind in {Kind.CATEGORY, Kind.BOOLEAN} and isinstance(categories, list) and categories:
        first = categories[0]
        return text_of(first[0]) if isinstance(first, list) and first else ""
    return ""
