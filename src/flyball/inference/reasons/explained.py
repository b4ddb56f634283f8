"""What moved one answer: a part for each field, which add up to the answer; and the largest, as told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from flyball.domain.errors import ModelFailed
from flyball.domain.numbers import Link
from flyball.domain.reasons.told import Method, Reason, Reasons, Unit
from flyball.domain.schema import Schema
from flyball.domain.values import Scalar

Row = Mapping[str, Scalar]
Output = Mapping[str, Any]

UNITS: Mapping[Link, Unit] = {
    "value": "value",
    "exponential": "log-value",
    "shares": "probability",
    "logistic": "log-odds",
    "softmax": "score",
    "isolation": "log2-score",
}
"""What the sums behind each link are."""
NEAR = 1e-6
"""How far the parts' sum may lie from the output that it explains (absolute, or relative to a value)."""


NO_SUM = "The reasons do not add up to the answer."


@dataclass(frozen=True, slots=True)
class Explained:
    """``base`` and ``parts``, float64 (fields,) in the schema's order, add up to ``answer``.

    ``of`` is the class, or the cluster, whose number is explained; ``None`` for a regression. ``base`` is
    what is answered on average.
    """

    method: Method
    unit: Unit
    of: Scalar
    base: float
    answer: float
    parts: np.ndarray


class Explainer(Protocol):
    """What explains the answers of one version. Safe to call from several threads at once.

    ``direct`` says that a row takes it less than a thread of its own would cost.
    """

    @property
    def method(self) -> Method:
        """How all its answers are explained."""

    @property
    def direct(self) -> bool:
        """Whether a row is explained where it is asked."""

    @property
    def size(self) -> int:
        """About how much memory it takes (bytes)."""

    @property
    def changeable(self) -> tuple[str, ...]:
        """The fields that a counterfactual may change."""

    def explain(self, row: Row, output: Output) -> Explained:
        """Why a row that passed the schema's check got this output. Raises ``ModelFailed``."""


def largest(found: Explained, schema: Schema, row: Row, most: int, *, only_sent: bool = False) -> Reasons:
    """The largest ``most`` parts by size; a field that moves nothing is no reason.

    ``only_sent``: the values of fields that were looked up are not told.
    """
    parts = found.parts.tolist()
    order = sorted(range(len(parts)), key=lambda place: (-abs(parts[place]), place))[:most]
    told = []
    for place in order:
        field = schema.fields[place]
        is_told = field.source == "request" or not only_sent
        told.append(Reason(field.name, row.get(field.name) if is_told else None, parts[place], is_told))
    reasons = tuple(each for each in told if each.part)
    return Reasons(
        method=found.method,
        unit=found.unit,
        of=found.of,
        base=found.base,
        answer=found.answer,
        parts=reasons,
        rest=found.answer - found.base - sum(each.part for each in reasons),
    )


def summed(columns: np.ndarray, fields: np.ndarray, count: int) -> np.ndarray:
    """Parts of columns as parts of the fields that they are made of; ``fields`` names each one's place."""
    return np.bincount(fields, columns, minlength=count)


def place_of(label: Scalar, classes: Sequence[Scalar]) -> int:
    """Where a label is among the classes: JSON's true and 1 are two. Raises ``ModelFailed``."""
    for place, known in enumerate(classes):
        if type(known) is type(label) and known == label:
            return place
    raise ModelFailed("The answer to be explained is none of this version's.")


def check_sum(unit: Unit, answer: float, output: Output, name: str) -> None:
    """Raises ``ModelFailed`` where ``answer`` does not lead to the output; ``name`` is the class's text.

    A ``score`` says nothing alone, nor does a distance.
    """
    with np.errstate(over="ignore"):
        led = {
            "value": answer,
            "log-value": np.exp(answer),
            "probability": answer,
            "log-odds": 1.0 / (1.0 + np.exp(-answer)),
            "log2-score": np.exp2(answer),
        }.get(unit)
    if led is None:
        return
    given = next((output[each] for each in ("value", "score") if each in output), None)
    if given is None:
        given = output["probabilities"][name]
    if not abs(led - given) <= NEAR * max(1.0, abs(given)):
        raise ModelFailed(NO_SUM)
