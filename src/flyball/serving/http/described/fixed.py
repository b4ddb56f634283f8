"""What the OpenAPI document of the data plane says whatever has been published: all but predictions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flyball.domain.reasons.told import MOST_COUNTERFACTUALS, MOST_FIELDS
from flyball.domain.records import LONGEST_ENTITY
from flyball.serving.forms import LONGEST_REFERENCE
from flyball.serving.http.described import answers, shapes
from flyball.serving.http.described.shapes import content, reference
from flyball.serving.http.problems import STATUS
from flyball.stores.outcomes import MOST

Part = dict[str, Any]

ABOUT = (
    "Asks for predictions, finds them again, and tells what really happened. "
    "A key belongs to one team; only its own endpoints are described here."
)
EVERY = (400, 401, 403, 404, 408, 411, 413, 415, 422, 429, 500, 503)
"""Statuses with which every path may fail."""
PREDICTED = (answers.Prediction, answers.Predictions)
PREDICTING = (*EVERY, 409, 410)
KNOWN = frozenset(PREDICTING)
DONE: Part = {"description": "Done."}
STORED = (*EVERY, 410)
LARGEST_VERSION = 2**31 - 1
VERSION: Part = {"type": ["integer", "null"], "minimum": 1, "maximum": LARGEST_VERSION}
REFERENCE: Part = {"type": ["string", "null"], "minLength": 1, "maxLength": LONGEST_REFERENCE}
SCALAR: Part = {"type": ["string", "number", "boolean", "null"]}
ID: Part = {"type": "string", "format": "uuid"}
ENTITY: Part = {
    "type": ["object", "null"],
    "additionalProperties": SCALAR,
    "description": f"Names and values, together at most {LONGEST_ENTITY} bytes.",
}
OUTCOME: Part = {
    "value": {"type": ["string", "number", "boolean"]},
    "occurred_at": {"type": ["string", "null"], "description": "A moment or a date, as ISO 8601."},
}
NAMED: Part = {"prediction": {**ID, "type": ["string", "null"]}, "reference": REFERENCE, "entity": ENTITY}
IN_QUERY: Part = {
    "version": {"type": "integer", "minimum": 1, "maximum": LARGEST_VERSION},
    "reference": {"type": "string", "minLength": 1, "maxLength": LONGEST_REFERENCE},
    "entity": {"type": "array", "items": {"type": "string"}, "description": "Each `column:value`."},
    "reasons": {"type": "integer", "minimum": 1, "maximum": MOST_FIELDS},
    "counterfactuals": {"type": "integer", "minimum": 1, "maximum": MOST_COUNTERFACTUALS},
    "test": {"type": "integer", "minimum": 1, "maximum": LARGEST_VERSION},
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
    "before": ID,
}
"""Parameters of queries, by the names of their components."""


def document(endpoints: Sequence[str]) -> Part:
    """The document without any endpoint's own predictions; ``endpoints`` are names in paths."""
    every = {*answers.ANSWERS, shapes.Problem}
    return {
        "openapi": shapes.OPENAPI,
        "info": {"title": "Flyball: the data plane", "version": "1", "description": ABOUT},
        "servers": [{"url": ".."}],  # of the document's own address
        "security": [{"key": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"key": shapes.KEY},
            "schemas": shapes.components(sorted(every, key=lambda each: each.__name__)),
            "parameters": _parameters(endpoints),
            "responses": _failures(),
        },
    }


def operation(
    identity: str,
    summary: str,
    about: str,
    *,
    role: str,
    gives: Part | None,
    parameters: Iterable[str] = (),
    body: Part | None = None,
    media_type: str = "application/json",
    fails: Iterable[int] = EVERY,
) -> Part:
    """One operation. ``parameters`` are names of components; ``gives`` is ``None`` where there is no body."""
    done = dict(DONE)
    if gives is not None:
        done["content"] = content(gives, media_type)
    failed = {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(fails)}
    found: Part = {
        "operationId": identity,
        "summary": summary,
        "description": f"{about}\n\nRole: {role}.".strip(),
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in parameters],
        "responses": {"204" if gives is None else "200": done, **failed},
    }
    return found if body is None else {**found, "requestBody": {"required": True, "content": body}}


def _paths() -> Part:
    return _about_the_server() | _stored() | _told() | _of_a_person()


def _about_the_server() -> Part:
    health = operation(
        "health", "The process answers.", "", role="none", gives=reference(answers.Health), fails=(413, 500)
    )
    health["security"] = []
    head = {**health, "operationId": "head_health", "responses": {**health["responses"], "200": DONE}}
    status = operation(
        "status", "What is in force, and how it is.", "", role="viewer", gives=reference(answers.Status)
    )
    counts = operation(
        "metrics", "All that was ever counted.", "As Prometheus reads it.",
        role="viewer", gives={"type": "string"}, media_type="text/plain",
    )  # fmt: skip
    described = operation("openapi", "This document.", "", role="any", gives={"type": "object"})
    described["responses"]["304"] = {"description": "As it was: `If-None-Match` names its `ETag`."}
    return {
        "/v1/health": {"get": health, "head": head},
        "/v1/status": {"get": status},
        "/v1/metrics": {"get": counts},
        "/v1/openapi.json": {"get": described},
    }


def _stored() -> Part:
    found = operation(
        "find_predictions", "Stored predictions, newest first.",
        "Ask by `reference`, by `entity`, or by `endpoint` and `test`.",
        role="viewer", gives=reference(answers.Records),
        parameters=("reference", "entity", "test", "of", "limit", "before"),
    )  # fmt: skip
    one = operation(
        "get_prediction", "One stored prediction.", "",
        role="viewer", gives=reference(answers.Record), parameters=["id"], fails=STORED,
    )  # fmt: skip
    moved = operation(
        "explain_prediction", "What moved one stored prediction.", "Computed anew; nothing is recorded.",
        role="viewer", gives=reference(answers.Explained),
        parameters=("id", "reasons", "counterfactuals"), fails=PREDICTING,
    )  # fmt: skip
    again = operation(
        "replay_prediction", "One stored prediction, computed again.", "Nothing is recorded.",
        role="viewer", gives=reference(answers.Replay), parameters=["id"], fails=PREDICTING,
    )  # fmt: skip
    erased = operation(
        "erase_prediction", "Erase what was asked and answered.", "A tombstone stays.",
        role="owner", gives=None, parameters=["id"], fails=STORED,
    )  # fmt: skip
    return {
        "/v1/predictions": {"get": found},
        "/v1/predictions/{id}": {"get": one, "delete": erased},
        "/v1/predictions/{id}/reasons": {"get": moved},
        "/v1/predictions/{id}/replay": {"get": again},
    }


def _told() -> Part:
    listed = {"type": "array", "items": _object(OUTCOME | NAMED, "value"), "maxItems": MOST}
    many = content(_object({"outcomes": listed}, "outcomes")) | content({"type": "string"}, "text/csv")
    said = operation(
        "", "What really happened.", "The last one counts.",
        role="caller", gives=reference(answers.Counts), parameters=("id", "idempotency_key"),
        body=content(_object(OUTCOME, "value")), fails=PREDICTING,
    )  # fmt: skip
    together = operation(
        "post_outcomes", "What really happened after many predictions.",
        "Each names its prediction by its id, its reference, or its entity with `occurred_at`.",
        role="caller", gives=reference(answers.Counts), parameters=("endpoint", "idempotency_key"),
        body=many, fails=PREDICTING,
    )  # fmt: skip
    return {
        "/v1/predictions/{id}/outcome": {
            method: said | {"operationId": f"{method}_outcome"} for method in ("post", "put", "patch")
        },
        "/v1/endpoints/{endpoint}/outcomes": {"post": together},
    }


def _of_a_person() -> Part:
    predicted = operation(
        "predict_entity", "The answer for one entity.", "Where all features come from tables under one key.",
        role="caller", gives=reference(answers.Prediction),
        parameters=("endpoint", "key", "reasons", "counterfactuals"), fails=PREDICTING,
    )  # fmt: skip
    erased = operation(
        "erase_person", "Erase all that is recorded of one person.", "Named by `reference` or by `entity`.",
        role="owner", gives=reference(answers.Erasure), parameters=["endpoint"],
        body=content(_object({"reference": REFERENCE, "entity": ENTITY})), fails=PREDICTING,
    )  # fmt: skip
    return {
        "/v1/endpoints/{endpoint}/entities/{key}/prediction": {"get": predicted},
        "/v1/endpoints/{endpoint}/erasures": {"post": erased},
    }


def _parameters(endpoints: Sequence[str]) -> Part:
    names = {"type": "string", "enum": list(endpoints)} if endpoints else {"type": "string"}
    text = {"type": "string", "minLength": 1}
    in_path = {"endpoint": names, "key": {**text, "maxLength": LONGEST_ENTITY}, "id": ID}
    retried = {**text, "maxLength": 255, "pattern": "^[!-~]+$"}
    return {
        **{name: {"in": "path", "required": True} | _named(name, each) for name, each in in_path.items()},
        **{name: {"in": "query"} | _named(name, each) for name, each in IN_QUERY.items()},
        "of": {"in": "query"} | _named("endpoint", names),
        "idempotency_key": {"in": "header"} | _named("Idempotency-Key", retried),
    }


def _named(name: str, schema: Part) -> Part:
    return {"name": name, "schema": schema}


def _failures() -> Part:
    """One for each status, with the codes that it may have."""
    return {status: each for status, each in shapes.failures(STATUS).items() if int(status) in KNOWN}


def _object(properties: Part, *required: str) -> Part:
    found: Part = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found
