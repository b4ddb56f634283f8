"""What came of some rows: numbers as columns, and for those that do not fit the reasons."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from flyball.domain.errors import Problem
from flyball.domain.routing import Manifest
from flyball.domain.values import label_text


@dataclass(frozen=True, slots=True)
class Reject:
    """Why a row is not answered: its place among the rows, the field (empty: the row itself), the reason."""

    place: int
    field: str
    code: str
    reason: str


@dataclass(slots=True)
class Answered:
    """The answers to the rows at ``places``, in their order.

    ``numbers`` holds probabilities (rows, classes), or what ``columns_of`` names; ``labels`` the place of
    each label among the classes; ``decisions`` whether the score is at or above the threshold; ``warnings``
    texts, by the place of the answer; ``predictions`` the ids of what was recorded.
    """

    places: np.ndarray
    numbers: np.ndarray
    labels: np.ndarray | None = None
    decisions: np.ndarray | None = None
    warnings: dict[int, list[str]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    predictions: list[str] | None = None


def columns_of(manifest: Manifest) -> list[str]:
    """The numbers of an answer, in order: one probability a class; a value with its bounds; a cluster; a
    score and whether it is an anomaly's (1)."""
    if manifest.task == "classification":
        return [f"probability {label_text(label)}" for label in manifest.classes]
    if manifest.task == "anomaly_detection":
        return ["score", "is_anomaly"]
    if manifest.task != "regression":
        return ["cluster"]
    is_bounded = manifest.finish is not None and manifest.finish.interval is not None
    return ["value", "low", "high"] if is_bounded else ["value"]


def reject(place: int, problem: Problem) -> Reject:
    """A problem of a row, whose pointer begins with ``/input`` or ``/entity``, as it is told."""
    name = problem.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    return Reject(place, name, problem.code, problem.message)


def warning(problem: Problem) -> str:
    """A warning as it is told."""
    return f"{problem.pointer} {problem.code}"
