"""A prediction as JSON: the answer that its caller gets, and the record that is kept."""

from __future__ import annotations

from typing import Any

from flyball.domain.records import Prediction
from flyball.domain.values import timestamp_text
from flyball.serving.http.problems import as_json


def answer(one: Prediction) -> dict[str, Any]:
    """What a caller is answered."""
    return {
        "id": one.id,
        "endpoint": one.endpoint,
        "version": one.version,
        "arm": one.arm,
        "output": one.output,
        "decision": one.decision,
        "warnings": [as_json(warning) for warning in one.warnings] if one.warnings else [],
    }


def record(one: Prediction) -> dict[str, Any]:
    """What is kept of it."""
    return answer(one) | {
        "route": one.route,
        "reference": one.reference,
        "entity": one.entity,
        "input": one.input,
        "created_at": timestamp_text(one.created_at),
        "latency": one.latency,
    }
