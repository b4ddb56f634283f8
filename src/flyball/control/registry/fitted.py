"""A model that was fitted elsewhere, made a version by a program of the project."""

from __future__ import annotations

from typing import Any

from flyball.control.datasets.services import take_snapshot
from flyball.control.declarations.discovery import find
from flyball.control.registry.models import Version
from flyball.control.registry.services import register_fitted


def register(endpoint: str, pipeline: Any) -> Version:
    """Make a scikit-learn pipeline that is fitted already the endpoint's next version.

    ``pipeline`` takes the endpoint's features as one data frame, by their names. The schema, and the golden
    rows that it is to answer from then on, are those of a new snapshot. It has no scores: nobody here knows
    which rows it has seen. Raises ``UnknownEndpoint``, ``DataError``, and ``ArtifactUntrusted`` for types
    that are not on the allow-list.
    """
    declaration = find(endpoint)
    return register_fitted(
        declaration=declaration, snapshot=take_snapshot(declaration=declaration), pipeline=pipeline
    )
