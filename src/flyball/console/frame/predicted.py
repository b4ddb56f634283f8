"""How predictions are shown wherever they are: what each says, and what happened."""

from __future__ import annotations

from typing import Any

from flyball.control.monitoring import recorded
from flyball.control.routing.models import Prediction
from flyball.domain.records import answer_text


def rows(predictions: list[Prediction]) -> list[dict[str, Any]]:
    """Predictions as a table shows them, each with the outcome that counts."""
    told = recorded.outcomes(predictions)
    return [{"row": each, "answer": answer(each), "outcome": told.get(each.id)} for each in predictions]


def answer(prediction: Prediction) -> dict[str, Any]:
    """What a prediction says, and how probable its label is, where that is known."""
    output = prediction.output or {}
    said = next((output[name] for name in ("label", "value", "cluster") if name in output), None)
    if "is_anomaly" in output:
        said = answer_text(output)
    probabilities = output.get("probabilities") or {}
    return {
        "said": said,
        "score": output.get("score"),
        "probability": probabilities.get(str(said)),
        "probabilities": probabilities,
    }
