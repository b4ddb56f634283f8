"""Why a version is not compiled."""

from __future__ import annotations


class NotCompiled(Exception):
    """The version is served by scikit-learn; the sentence names the part and the reason."""


def of(part: object, reason: str) -> NotCompiled:
    """The error for a part of a pipeline: "SVC: <reason>." by the name of its type."""
    return NotCompiled(f"{type(part).__name__}: {reason}.")
