"""Small versions to load: a scikit-learn model, packaged by hand; and somebody who trusts a type of its."""

from __future__ import annotations

import hashlib
from typing import Any

from flyball.domain.routing import Artifact, Manifest
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference import allowlist

SCHEMA = Schema((Field(name="x", kind=Kind.NUMBER),))


def manifest(data: bytes, **changes: Any) -> Manifest:
    """The manifest of an artifact that takes one number."""
    digest = hashlib.sha256(data).hexdigest()
    facts: dict[str, Any] = {
        "endpoint": "test",
        "number": 1,
        "task": "regression",
        "artifacts": (Artifact(role="pipeline", digest=digest, runtime="scikit-learn"),),
        "schema": SCHEMA,
    }
    return Manifest(**facts | changes)


def version(model: Any, **changes: Any) -> tuple[Manifest, bytes]:
    """A fitted model as a manifest and its artifact."""
    data = allowlist.dump(model)
    return manifest(data, **changes), data


class Trusting:
    """Trusts one type of a user's own, and keeps the names that it was asked for."""

    def __init__(self, trusted: str = "") -> None:
        self.trusted = trusted
        self.asked: list[object] = []

    def __contains__(self, name: object) -> bool:
        self.asked.append(name)
        return name == self.trusted
