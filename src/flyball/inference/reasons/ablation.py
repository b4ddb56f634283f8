"""Reasons by ablation: each field in turn takes other rows' values, and the answer is watched."""

from __future__ import annotations

from typing import Literal

import numpy as np

from flyball.domain.errors import ArtifactCorrupt, ModelFailed
from flyball.domain.reasons.told import Method
from flyball.domain.routing import Manifest
from flyball.domain.values import label_text
from flyball.inference.compiled.arrays import unpacked
from flyball.inference.reasons import document
from flyball.inference.reasons.explained import Explained, Output, Row, place_of
from flyball.inference.runtime import Runtime

MOST_VALUES = 64
"""Values that a field takes."""


class Ablating:
    """A field's part is how far the answer lies from the mean of those with the field's other values.

    Such parts seldom add up: where fields act together, something is left. It is shared out in proportion to
    the parts' sizes, so that they do. Where every part is 0 it belongs to none.
    """

    method: Method = "ablation"
    direct = False
    size = 0

    def __init__(
        self,
        manifest: Manifest,
        basis: document.Ablation,
        runtime: Runtime,
        changeable: tuple[str, ...] = (),
    ) -> None:
        """Raises ``ArtifactCorrupt`` where the values are not those of the version's fields."""
        if manifest.task == "clustering":
            raise ArtifactCorrupt("The artifact explains another task than the version has.")
        self._base = unpacked(basis.base)
        outputs = max(1, len(manifest.classes))
        if basis.base.dtype != "<f8" or self._base.shape != (outputs,) or not np.isfinite(self._base).all():
            raise ArtifactCorrupt("The artifact explains another number of classes than the version has.")
        if len(basis.values) != len(manifest.schema.fields) or not all(map(_fits, basis.values)):
            raise ArtifactCorrupt("The artifact holds values of other fields than the version has.")
        self._classes = manifest.classes
        self._name: Literal["value", "score"] = "score" if manifest.task == "anomaly_detection" else "value"
        self._names = manifest.schema.names
        self._values = basis.values
        self._runtime = runtime
        self.changeable = changeable

    def explain(self, row: Row, output: Output) -> Explained:
        """Why a row got its output. Raises ``ModelFailed``."""
        label = output.get("label")
        place = place_of(label, self._classes) if self._classes else 0
        asked = [
            {**row, name: value}
            for name, values in zip(self._names, self._values, strict=True)
            for value, _ in values
        ]
        outputs = self._runtime.predict([row, *asked])
        numbers = np.array([self._number(each, place) for each in outputs])
        answer, base = self._number(output, place), float(self._base[place])
        if not abs(numbers[0] - answer) <= 1e-6 * max(1.0, abs(answer)):
            raise ModelFailed("The version answers this row otherwise by now.")
        parts = np.empty(len(self._names))
        start = 1
        for field, values in enumerate(self._values):
            shares = np.array([share for _, share in values])
            found = numbers[start : start + len(values)]
            parts[field] = shares @ (answer - found)
            start += len(values)
        left, size = answer - base - parts.sum(), np.abs(parts).sum()
        if size > 0.0:
            parts += left * np.abs(parts) / size
        return Explained(
            method=self.method,
            unit="probability" if self._classes else "value" if self._name == "value" else "anomaly score",
            of=label,
            base=base,
            answer=answer,
            parts=parts,
        )

    def _number(self, output: Output, place: int) -> float:
        if not self._classes:
            return float(output[self._name])
        return float(output["probabilities"][label_text(self._classes[place])])


def _fits(values: tuple[tuple[object, float], ...]) -> bool:
    """Whether the shares are those of all rows, or there is nothing else that the field may be."""
    shares = [share for _, share in values]
    return len(shares) <= MOST_VALUES and (
        not shares or (min(shares) >= 0.0 and abs(sum(shares) - 1.0) < 1e-9)
    )
