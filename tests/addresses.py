"""Addresses for the tests that go through all that there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import URLPattern


def concrete(patterns: Sequence[Any], values: Sequence[tuple[str, str]]) -> Iterator[str]:
    """An address for every pattern, with these values in place of its parts."""
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        route = str(pattern.pattern)
        for part, value in values:
            route = route.replace(part, value)
        yield route
