"""A loaded version whose numbers are finished: what it adds up is not yet what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.finishing.calibration import Calibration
from flyball.domain.finishing.finish import Finish
from flyball.domain.values import Scalar, label_text

Rows = Sequence[Mapping[str, Scalar]]


class Answering(Protocol):
    """What answers before."""

    @property
    def direct(self) -> bool:
        """Whether a few rows are answered where they are asked."""

    def predict(self, rows: Rows) -> list[dict[str, Any]]:
        """One output a row."""


def finished(runtime: Any, finish: Finish | None, classes: Sequence[Scalar]) -> Any:
    """The runtime with what a version keeps of predictions out of fold; as it is, where that changes nothing.

    Raises ``ArtifactCorrupt`` where a calibration does not fit the classes.
    """
    calibration = None if finish is None else finish.calibration
    if calibration is None:
        return runtime
    if not calibration.fits(len(classes)):
        raise ArtifactCorrupt("The version's calibration does not fit its classes.")
    return Calibrated(runtime, calibration, classes)


class Calibrated:
    """A classifier whose probabilities are calibrated; its label is the one of highest probability then."""

    def __init__(self, runtime: Answering, calibration: Calibration, classes: Sequence[Scalar]) -> None:
        self.direct = runtime.direct
        self._runtime = runtime
        self._calibration = calibration
        self._classes = tuple(classes)
        self._names = [label_text(label) for label in classes]

    def predict(self, rows: Rows) -> list[dict[str, Any]]:
        """One output a row, in order. Raises ``ModelFailed``."""
        outputs = self._runtime.predict(rows)
        if not outputs:
            return outputs
        given = [[each["probabilities"][name] for name in self._names] for each in outputs]
        found = self._calibration.calibrated(np.array(given, dtype=np.float64))
        return [
            {"label": self._classes[best], "probabilities": dict(zip(self._names, row, strict=True))}
            for best, row in zip(found.argmax(axis=1).tolist(), found.tolist(), strict=True)
        ]
