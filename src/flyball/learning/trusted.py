"""The names by which artifacts know the user's own classes."""

from __future__ import annotations

from collections.abc import Iterable


def trusted_names(classes: Iterable[type]) -> tuple[str, ...]:
    """Classes as ``module.Class``, sorted: what an artifact's audit compares."""
    return tuple(sorted(f"{cls.__module__}.{cls.__name__}" for cls in classes))
