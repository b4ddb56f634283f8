"""A loaded version whose numbers are finished: what it adds up is not yet what is answered."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from flyball.domain.errors import ArtifactCorrupt, ModelFailed
from flyball.domain.finishing.anomalies import is_above
from flyball.domain.finishing.applying import around, calibrated
from flyball.domain.finishing.calibration import Calibration
from flyball.domain.finishing.finish import Finish
from flyball.domain.finishing.intervals import Interval
from flyball.domain.routing import Manifest
from flyball.domain.values import Scalar, label_text
from flyball.inference.compiled.listed import ArrowColumn
from flyball.inference.compiled_runtime import CompiledRuntime, masks_of

Whole = Callable[[Mapping[str, ArrowColumn], int], tuple[np.ndarray, np.ndarray | None]]
"""Answers so many rows as Arrow columns, as ``CompiledRuntime.answers`` does; of bounded values also
both bounds, behind the value."""
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

    Raises ``ArtifactCorrupt`` where that does not fit the version.
    """
    if finish is None:
        return runtime
    if finish.interval is not None:
        if not finish.interval.is_sound or classes:
            raise ArtifactCorrupt("The version's interval does not fit it.")
        return Bounded(runtime, finish.interval)
    if finish.threshold is not None:
        if not math.isfinite(finish.threshold) or classes:
            raise ArtifactCorrupt("The version's threshold does not fit it.")
        return Flagging(runtime, finish.threshold)
    calibration = finish.calibration
    if calibration is None:
        return runtime
    if not calibration.fits(len(classes)):
        raise ArtifactCorrupt("The version's calibration does not fit its classes.")
    return Calibrated(runtime, calibration, classes)


def whole(runtime: object, manifest: Manifest, artifact: Callable[[], bytes]) -> Whole | None:
    """What answers whole columns at once with a version; ``None`` where it goes row by row.

    It takes more memory than the runtime. ``artifact`` reads the bytes that the runtime was loaded from.
    """
    if isinstance(runtime, CompiledRuntime):
        return partial(runtime.answers, masks=masks_of(manifest, artifact()))
    if not isinstance(runtime, Bounded | Calibrated):
        return None
    inner = whole(runtime.runtime, manifest, artifact)
    if inner is None:
        return None
    finish = runtime.finish

    def answers(columns: Mapping[str, ArrowColumn], length: int) -> tuple[np.ndarray, np.ndarray | None]:
        return finish(inner(columns, length)[0])

    return answers


class Bounded:
    """A regression that says between which bounds each value will lie."""

    def __init__(self, runtime: Answering, interval: Interval) -> None:
        self.direct = runtime.direct
        self.runtime = runtime
        self._interval = interval

    def predict(self, rows: Rows) -> list[dict[str, Any]]:
        """One output a row, in order, with its ``interval``. Raises ``ModelFailed``."""
        outputs = self.runtime.predict(rows)
        found, _ = self.finish(np.array([[each["value"]] for each in outputs], dtype=np.float64))
        return [{**each, "interval": pair} for each, pair in zip(outputs, found[:, 1:].tolist(), strict=True)]

    def finish(self, numbers: np.ndarray) -> tuple[np.ndarray, None]:
        """Values, shape (rows, 1), with their bounds: (rows, 3). Raises ``ModelFailed``."""
        values = numbers.reshape(-1)
        found = np.column_stack([values, *around(self._interval, values)])
        if not np.isfinite(found).all():
            raise ModelFailed("The model gave a bound that is not finite.")
        return found, None


class Flagging:
    """An anomaly detection that says which scores are above its threshold."""

    def __init__(self, runtime: Answering, threshold: float) -> None:
        self.direct = runtime.direct
        self._runtime = runtime
        self._threshold = threshold

    def predict(self, rows: Rows) -> list[dict[str, Any]]:
        """One output a row, in order, with ``is_anomaly``. Raises ``ModelFailed``."""
        return [
            {**each, "is_anomaly": is_above(each["score"], self._threshold)}
            for each in self._runtime.predict(rows)
        ]


class Calibrated:
    """A classifier whose probabilities are calibrated; its label is the one of highest probability then."""

    def __init__(self, runtime: Answering, calibration: Calibration, classes: Sequence[Scalar]) -> None:
        self.direct = runtime.direct
        self.runtime = runtime
        self._calibration = calibration
        self._classes = tuple(classes)
        self._names = [label_text(label) for label in classes]

    def predict(self, rows: Rows) -> list[dict[str, Any]]:
        """One output a row, in order. Raises ``ModelFailed``."""
        outputs = self.runtime.predict(rows)
        if not outputs:
            return outputs
        given = [[each["probabilities"][name] for name in self._names] for each in outputs]
        found, labels = self.finish(np.array(given, dtype=np.float64))
        return [
            {"label": self._classes[best], "probabilities": dict(zip(self._names, row, strict=True))}
            for best, row in zip(labels.tolist(), found.tolist(), strict=True)
        ]

    def finish(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities, shape (rows, classes), calibrated; and the place of each row's label."""
        found = calibrated(self._calibration, numbers)
        return found, found.argmax(axis=1)
