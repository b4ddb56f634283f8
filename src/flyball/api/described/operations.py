"""What each operation of the management API takes and gives: said beside the method that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flyball.domain.schema import Schema
from flyball.serving.http.described.shapes import Document, object_of, reference

Method = TypeVar("Method", bound=Callable[..., Any])
Query = Mapping[str, Mapping[str, Any]]

WHOLE = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}
LIMIT = {**WHOLE, "description": "At most so many; 100 at most, and where it is left out."}
PAGED: Query = {
    "before": {**WHOLE, "description": "The last one's number of the page before."},
    "limit": LIMIT,
}
"""The query of a list that comes in pages."""
BODY_CODES = ("malformed_body", "body_too_large", "unsupported_media_type", "invalid_input")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path.

    ``gives`` has the JSON schema of the answer, by status, and ``None`` where there is no body; ``file`` is
    the media type of an answer that is no JSON. ``takes`` is the schema of the body, ``fails`` are codes of
    errors besides those of every operation, ``query`` has the schemas of parameters.
    """

    gives: Mapping[int, dict[str, Any] | None]
    takes: dict[str, Any] | None = None
    fails: tuple[str, ...] = ()
    query: Query = field(default_factory=dict)
    file: str = ""


OPERATIONS: dict[Callable[..., Any], Operation] = {}
"""By the function that carries it out."""


def described(
    gives: type[Document] | dict[str, Any] | None,
    *fails: str,
    takes: Schema | dict[str, Any] | None = None,
    query: Query | None = None,
    status: tuple[int, ...] = (200,),
    file: str = "",
) -> Callable[[Method], Method]:
    """Say what a method gives with these statuses, which codes it fails with, and what it takes."""
    answer = reference(gives) if isinstance(gives, type) else gives
    body = object_of(takes) if isinstance(takes, Schema) else takes
    codes = (*fails, *(() if body is None else BODY_CODES), *(("invalid_input",) if query else ()))

    def note(method: Method) -> Method:
        OPERATIONS[method] = Operation(
            gives=dict.fromkeys(status, answer), takes=body, fails=codes, query=query or {}, file=file
        )
        return method

    return note


def listed(name: str, each: type[Document]) -> dict[str, Any]:
    """The schema of an object with a list in it."""
    items = {"type": "array", "items": reference(each)}
    return {
        "type": "object",
        "properties": {name: items},
        "required": [name],
        "additionalProperties": False,
    }
