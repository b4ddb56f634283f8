"""Asking a version once more, with an input as it was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flyball.domain.errors import ModelFailed
from flyball.domain.records import Prediction
from flyball.domain.schema import Field, Schema, check
from flyball.domain.values import Scalar

if TYPE_CHECKING:
    from flyball.inference.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Question:
    """A recorded input as a version takes it; ``reason`` says why it takes it not, and is empty else.

    ``without`` are optional fields that were not recorded.
    """

    values: dict[str, Scalar] = field(default_factory=dict)
    reason: str = ""
    without: tuple[str, ...] = ()


def question(schema: Schema, stored: Prediction) -> Question:
    """The input of a prediction that has not been erased, for a version of that schema."""
    missing = [each for each in schema.fields if each.name not in stored.input]
    if lost := next((each for each in missing if _is_lost(each)), None):
        return Question(reason=f"{lost.name}: it was not recorded, and the version needs it.")
    checked = check(schema, {name: stored.input.get(name) for name in schema.names})
    if checked.problems:
        first = checked.problems[0]
        return Question(reason=f"{first.pointer.removeprefix('/')}: {first.message}")
    return Question(checked.values, without=tuple(each.name for each in missing))


def outputs(runtime: Runtime, rows: Sequence[dict[str, Scalar]]) -> list[dict[str, Any] | None]:
    """One output a row; ``None`` for one that the model fails at, which takes no other with it."""
    try:
        return list(runtime.predict(rows)) if rows else []
    except ModelFailed:
        return [None] if len(rows) == 1 else [each for row in rows for each in outputs(runtime, [row])]


def _is_lost(field: Field) -> bool:
    """Whether nobody can say what a field held that was not recorded: callers leave optional ones out."""
    return field.source != "request" or not field.nullable
