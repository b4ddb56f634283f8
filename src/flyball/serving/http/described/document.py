"""The OpenAPI document of the data plane: what every path takes and gives, and each endpoint's own fields."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator

import msgspec

from flyball.domain.access import Principal
from flyball.domain.schema import Field, Schema
from flyball.serving.forms import LONGEST_REFERENCE
from flyball.serving.http.described import fixed, shapes
from flyball.serving.http.described.fixed import VERSION, Part
from flyball.serving.http.reading.bodies import MOST_ROWS
from flyball.serving.pool import Served, Table, Written

MOST_KEPT = 8
"""Documents that are kept beside a table: another one is written again."""
_writing = threading.Lock()


def document(table: Table, principal: Principal) -> Written:
    """The document for a principal: of no endpoint that is not theirs. It may be long work."""
    asked = (principal.team, principal.endpoints)
    with _writing:  # one that others wait for is written once
        known = table.written.get(asked)
        if known is None:
            while len(table.written) >= MOST_KEPT:
                table.written.pop(next(iter(table.written)))
            body = msgspec.json.encode(_document(table, principal))
            known = table.written[asked] = Written(body, f'"{hashlib.sha256(body).hexdigest()}"')
    return known


def _document(table: Table, principal: Principal) -> Part:
    mine = sorted(name for team, name in table.by_team if table.is_mine(principal, name))
    document = fixed.document(mine)
    for name in mine:
        served = table.endpoints[name]
        document["components"]["schemas"][_row_name(name)] = _row(served)
        document["paths"][f"/v1/endpoints/{name}/predictions"] = {"post": _predict(name, served)}
    return document


def _predict(name: str, served: Served) -> Part:
    manifest, row = served.champion.manifest, {"$ref": shapes.REFERENCE.format(name=_row_name(name))}
    media: Part = {"schema": {"oneOf": [_one(row), _many(row)]}}
    if not served.champion.looks_up:  # nobody's entity is shown
        example = {"input": shapes.example_of(manifest.schema.of("request"))}
        media["examples"] = {"row": {"value": example}, "rows": {"value": {"rows": [example, example]}}}
    return fixed.operation(
        f"predict_{name}",
        f"Predict {name}.",
        _about(served),
        role="caller",
        parameters=("version", "reasons", "counterfactuals", "idempotency_key"),
        body={"application/json": media},
        gives={"oneOf": [shapes.reference(each) for each in fixed.PREDICTED]},
        fails=fixed.PREDICTING,
    )


def _about(served: Served) -> str:
    manifest, decision = served.champion.manifest, served.champion.decision
    said = [f"{manifest.task.replace('_', ' ').capitalize()}, answered by version {manifest.number}."]
    if manifest.classes:
        said.append(f"Labels: {', '.join(map(str, manifest.classes))}.")
    if decision is not None:
        said.append(f"Decisions: {decision.at_or_above}, {decision.below}.")
    return " ".join(said)


def _row_name(name: str) -> str:
    return f"{name}.row"


def _row(served: Served) -> Part:
    parts = dict(_parts(served))
    needed = [name for name, part in parts.items() if part.get("required")]
    found: Part = {"type": "object", "properties": parts}
    return {**found, "required": needed} if needed else found


def _one(row: Part) -> Part:
    """A row alone, which may ask for a version."""
    return {"allOf": [row], "properties": {"version": VERSION}, "unevaluatedProperties": False}


def _many(row: Part) -> Part:
    each = {"allOf": [row], "unevaluatedProperties": False}
    rows = {"type": "array", "items": each, "minItems": 1, "maxItems": MOST_ROWS}
    return {
        "type": "object",
        "properties": {"rows": rows, "version": VERSION},
        "required": ["rows"],
        "additionalProperties": False,
    }


def _parts(served: Served) -> Iterator[tuple[str, Part]]:
    fields = served.champion.manifest.schema.of("request")
    yield "input", _with_others(shapes.object_of(fields), served.known - set(fields.names))
    keys = _keys(served)
    others = set(served.route.keys) - set(keys.names)
    if keys.fields or others:
        yield "entity", _with_others(shapes.object_of(keys), others)
    yield "reference", {"type": ["string", "null"], "minLength": 1, "maxLength": LONGEST_REFERENCE}


def _keys(served: Served) -> Schema:
    """The columns that name an entity; those that the champion looks up by are needed."""
    sources = {field.source for field in served.champion.manifest.schema.fields}
    must = {lookup.on for lookup in served.route.lookups if lookup.table in sources}
    kinds = {lookup.on: lookup.key_kind for lookup in served.route.lookups}
    return Schema(tuple(Field(name=on, kind=kind, nullable=on not in must) for on, kind in kinds.items()))


def _with_others(found: Part, names: set[str] | frozenset[str]) -> Part:
    left_out = {"description": "The version that answers does not take this: left out with a warning."}
    return {**found, "properties": {**found["properties"], **dict.fromkeys(sorted(names), left_out)}}
