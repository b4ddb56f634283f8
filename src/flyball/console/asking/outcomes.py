"""What was odd about a recorded answer, and what really happened: what may be said, and what was."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from flyball.console.asking.languages import here
from flyball.control.monitoring import recorded
from flyball.control.routing.models import Prediction
from flyball.domain.asking.words import said
from flyball.domain.errors import Problem
from flyball.domain.records import outcome_labels
from flyball.domain.routing import Manifest, Route
from flyball.domain.values import label_text


def remarks(prediction: Prediction) -> list[Problem]:
    """The warnings that a prediction was answered with."""
    return [
        Problem(str(each.get("pointer", "")), str(each.get("code", "")), str(each.get("message", "")))
        for each in prediction.warnings
    ]


def right(route: Route, manifest: Manifest | None, prediction: Prediction) -> dict[str, Any]:
    """How the page asks whether an answer was right: nothing where nothing can happen, or it was erased."""
    if route.task == "clustering" or prediction.erased_at is not None:
        return {}
    told = recorded.outcomes([prediction]).get(prediction.id)
    known = () if manifest is None else outcome_labels(manifest.task, manifest.classes)
    labels, output = [label_text(each) for each in known], prediction.output or {}
    return {
        "may_tell": True,
        "labels": [(each, _called(route, each)) for each in labels],
        "given": label_text(output.get("label", output.get("is_anomaly"))) if labels else "",
        "told": None if told is None else _called(route, label_text(told.value)),
        "outcome": said(route.asking.outcome.label, here()) or gettext("What really happened"),
        "unit": said(route.asking.outcome.unit, here()),
    }


def _called(route: Route, label: str) -> str:
    """What people read of a label."""
    if route.task == "anomaly_detection":
        return gettext("an anomaly") if label == "true" else gettext("no anomaly")
    return route.asking.label(label, here())
