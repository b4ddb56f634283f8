"""A prediction as JSON: the answer that its caller gets, and the record that is kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flyball.domain.reasons.told import Change, Counterfactuals, Reasons
from flyball.domain.records import Prediction
from flyball.domain.values import timestamp_text
from flyball.serving.http.problems import as_json

if TYPE_CHECKING:  # it brings an event loop, which not every command needs
    from flyball.serving.replaying import Replay


def answer(one: Prediction) -> dict[str, Any]:
    """What a caller is answered."""
    told = {
        "id": one.id,
        "endpoint": one.endpoint,
        "version": one.version,
        "arm": one.arm,
        "output": one.output,
        "decision": one.decision,
        "warnings": [as_json(warning) for warning in one.warnings] if one.warnings else [],
    }
    if one.answered is not None:
        told["answered"] = one.answered
    if one.reasons is not None:
        told["reasons"] = moved(one.reasons)
    return told


def moved(reasons: Reasons) -> dict[str, Any]:
    """What moved an answer; a value that may not be told is left out."""
    told: dict[str, Any] = {
        "method": reasons.method,
        "unit": reasons.unit,
        "of": reasons.of,
        "base": reasons.base,
        "answer": reasons.answer,
        "parts": [
            {"field": each.field, **({"value": each.value} if each.is_told else {}), "part": each.part}
            for each in reasons.parts
        ],
        "rest": reasons.rest,
    }
    if reasons.counterfactuals is not None:
        told["counterfactuals"] = _turned(reasons.counterfactuals)
    return told


def _turned(turned: Counterfactuals) -> dict[str, Any]:
    return {
        "decision": turned.decision,
        "found": [
            {
                "changes": [_changed(change) for change in each.changes],
                "decision": each.decision,
                "output": each.output,
            }
            for each in turned.found
        ],
        "none": turned.none,
    }


def _changed(change: Change) -> dict[str, Any]:
    value = {"value": change.value} if change.is_told else {}
    return {"field": change.field, **value, "to": change.to}


def explained(one: Prediction, reasons: Reasons) -> dict[str, Any]:
    """What moved a stored prediction."""
    return {"id": one.id, "endpoint": one.endpoint, "version": one.version, **moved(reasons)}


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


def replayed(one: Replay) -> dict[str, Any]:
    """What came out of a stored prediction again."""
    return {
        "id": one.prediction.id,
        "endpoint": one.prediction.endpoint,
        "version": one.prediction.version,
        "same": not one.differences,
        "output": one.output,
        "decision": one.decision,
        "differences": [asdict(each) for each in one.differences],
        "artifact": one.digest,
        "runtime": one.runtime,
        "tolerance": one.tolerance,
    }
