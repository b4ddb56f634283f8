"""What a server says is what the fitted pipeline says: looked at before anything is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.pipeline import Pipeline

from benchmarks.servers import Running
from flyball.domain.schema import Schema
from flyball.domain.values import Scalar, label_text
from flyball.inference.frame import frame

LARGEST_ERROR = 1e-5
"""Of a probability: an estimator in float32 is within 1e-6."""

Rows = Sequence[Mapping[str, Scalar]]


class WrongAnswer(RuntimeError):
    """A server answers otherwise than scikit-learn."""


def expected(pipeline: Pipeline, schema: Schema, rows: Rows) -> list[dict[str, float]]:
    """The probabilities of each row's labels, as the pipeline gives them."""
    labels = [label_text(label) for label in pipeline.classes_.tolist()]
    found = pipeline.predict_proba(frame(schema, rows)).tolist()
    return [dict(zip(labels, row, strict=True)) for row in found]


def check(running: Running, rows: Rows, truths: Sequence[Mapping[str, float]]) -> None:
    """Ask the rows one by one. Raises ``WrongAnswer`` for another label, or a probability that is off."""
    for place, (output, truth) in enumerate(zip(running.outputs(rows), truths, strict=True)):
        if reason := wrong(output, truth):
            raise WrongAnswer(f"{running.server.name}, row {place}: {reason}.")


def label(probabilities: Mapping[str, float]) -> str:
    """The most probable label."""
    return max(probabilities, key=lambda each: probabilities[each])


def wrong(output: Mapping[str, Any], truth: Mapping[str, float]) -> str:
    """What is wrong with an answer; nothing where it is right."""
    given = output["probabilities"]
    if given.keys() != truth.keys():
        return "other labels"
    error = max(abs(given[each] - truth[each]) for each in truth)
    if not error <= LARGEST_ERROR:
        return f"a probability is off by {error:g}"
    if output["label"] != label(truth):
        return "another label"
    return ""
