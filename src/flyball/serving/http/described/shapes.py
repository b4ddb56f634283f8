"""Fields as JSON Schema, and the parts of OpenAPI that both planes share: components, problems, responses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from flyball.domain.schema import MOST, Field, Kind, Schema
from flyball.serving.http.problems import STATUS, title

OPENAPI = "3.1.1"
PROBLEM = "application/problem+json"
REFERENCE = "#/components/schemas/{name}"
KEY = {"type": "http", "scheme": "bearer", "description": "A key of Flyball's: `fb_…`."}
"""How a key is sent."""
LISTED = 100
"""Categories that are listed where others are taken too."""

_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.NUMBER: {"type": ["number"]},
    Kind.INTEGER: {"type": ["integer"]},
    Kind.BOOLEAN: {"type": ["boolean"]},
    Kind.CATEGORY: {"type": ["string", "integer", "boolean"]},
    Kind.TEXT: {"type": ["string"]},
    Kind.TIMESTAMP: {"type": ["string"]},
}


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """An object that has these fields and no others."""


class Detail(Document):
    """One error, or one warning, with its place."""

    pointer: str
    code: str
    detail: str


class Problem(Document):
    """Why something is not possible (RFC 9457)."""

    title: str
    status: int
    code: str
    detail: str
    errors: list[Detail] | msgspec.UnsetType = msgspec.UNSET
    errors_left_out: int | msgspec.UnsetType = msgspec.UNSET


def components(types: Iterable[Any]) -> dict[str, Any]:
    """The schemas of types, and of all that they hold, by name."""
    return msgspec.json.schema_components(types, ref_template=REFERENCE)[1]


def reference(kind: type[Document]) -> dict[str, Any]:
    """Where the schema of a type is."""
    return {"$ref": REFERENCE.format(name=kind.__name__)}


def content(schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    """A body of one media type."""
    return {media_type: {"schema": schema}}


def failures(codes: Iterable[str]) -> dict[str, Any]:
    """The responses for error codes, by status."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(STATUS[code], []).append(code)
    return {
        str(status): {
            "description": f"{title(status)}: {', '.join(sorted(set(found)))}.",
            "content": content(reference(Problem), PROBLEM),
        }
        for status, found in sorted(by_status.items())
    }


def object_of(schema: Schema) -> dict[str, Any]:
    """An object with the fields of a schema: one that may be null may be left out."""
    found: dict[str, Any] = {
        "type": "object",
        "properties": {field.name: _field(field) for field in schema.fields},
        "additionalProperties": False,
    }
    required = [field.name for field in schema.fields if not field.nullable]
    return {**found, "required": required} if required else found


def example_of(schema: Schema) -> dict[str, Any]:
    """Values that the fields of a schema take. They are made up: no row of anybody's is shown."""
    return {field.name: _example(field) for field in schema.fields}


def _field(field: Field) -> dict[str, Any]:
    found = dict(_TYPES[field.kind])
    said = [_bounds(field, found), _categories(field, found)]
    if field.kind is Kind.TIMESTAMP:
        said.append("A moment as ISO 8601, in UTC where it names no zone.")
    if field.nullable:
        found["type"] = [*found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    if any(said):
        found["description"] = " ".join(filter(None, said))
    return found


def _bounds(field: Field, found: dict[str, Any]) -> str:
    if field.low is None and field.high is None:
        return ""
    if field.unseen == "refuse":
        bounds = {"minimum": field.low, "maximum": field.high}
        found.update({name: bound for name, bound in bounds.items() if bound is not None})
    return f"The model has seen {field.low} to {field.high}; {_beyond(field)}."


def _categories(field: Field, found: dict[str, Any]) -> str:
    if field.kind is not Kind.CATEGORY:
        return ""
    if field.unseen == "refuse":
        found["enum"] = list(field.categories)
    else:
        found["examples"] = list(field.categories[:LISTED])
    names = zip(field.categories[:LISTED], field.labels, strict=False)
    called = "".join(f" {value} is {label}." for value, label in names)
    return f"The model has seen {len(field.categories)} categories; {_beyond(field)}.{called}"


def _beyond(field: Field) -> str:
    return "others are refused" if field.unseen == "refuse" else "others are answered with a warning"


def _example(field: Field) -> Any:
    if field.kind is Kind.CATEGORY:
        return field.categories[0] if field.categories else "text"
    if field.kind is Kind.NUMBER or field.kind is Kind.INTEGER:
        return _between(field)
    return {Kind.BOOLEAN: True, Kind.TEXT: "text"}.get(field.kind, "2026-01-31T12:00:00Z")


def _between(field: Field) -> float | int:
    low = field.low if field.low is not None else field.high if field.high is not None else 0
    high = field.high if field.high is not None else low
    middle = low / 2 + high / 2
    if field.kind is Kind.NUMBER:
        return min(max(round(middle, 3), low), high)
    return max(-MOST, min(int(middle), MOST))
