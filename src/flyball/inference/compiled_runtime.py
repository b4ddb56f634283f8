"""Answering with a compiled version: an encoder and an estimator that are plain data."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from flyball.domain.errors import ArtifactCorrupt, ModelFailed
from flyball.domain.numbers import check_taken
from flyball.domain.routing import Manifest
from flyball.domain.values import Scalar, label_text
from flyball.inference.compiled import document
from flyball.inference.compiled.encoder import Encoding
from flyball.inference.compiled.estimators.solver import Solver
from flyball.inference.compiled.listed import ArrowColumn
from flyball.inference.compiled.masks import ROWS, Masks, masked

Rows = Sequence[Mapping[str, Scalar]]

NOT_FINITE = "The model gave a number that is not finite."
MOST_ROWS = 8192
"""Rows that are answered together: more are answered in parts, in a bounded memory."""
QUICK_CLASSES = 10_000
"""With more, naming each class's probability takes longer than a millisecond."""


def opened(manifest: Manifest, data: bytes, trusted: Container[str] = ()) -> CompiledRuntime:
    """The artifact as a runtime; it holds no types, so that nothing needs to be ``trusted``.

    Raises ``ArtifactCorrupt``.
    """
    encoding, solver, found = document.read(data, manifest.schema)
    if manifest.task == "classification" and not _same(found.classes, manifest.classes):
        raise ArtifactCorrupt("The artifact names other classes than the version has.")
    return CompiledRuntime(encoding, solver, manifest.task, found.classes)


def masks_of(manifest: Manifest, data: bytes) -> Masks | None:
    """What answers many rows of an artifact sooner, which was opened before; ``None`` where nothing does."""
    found = document.parsed(data, manifest.schema)
    return masked(
        found.encoder, {field.name: field.kind for field in manifest.schema.fields}, found.estimator
    )


class CompiledRuntime:
    """A compiled version: tens of microseconds a row, so it is direct, but where it is large."""

    def __init__(self, encoding: Encoding, solver: Solver, task: str, classes: Sequence[Scalar]) -> None:
        # Whatever a file holds: no row of it may keep the event loop, and with it everybody else, waiting.
        self.direct = solver.is_quick and encoding.is_quick and len(classes) <= QUICK_CLASSES
        self._encoding = encoding
        self._task = task
        self._solver = solver
        self._classes = classes
        self._names = [label_text(label) for label in classes]
        self._name = {"regression": "value", "anomaly_detection": "score"}.get(task, "cluster")
        self._outputs = {"value": self._values, "score": self._values, "cluster": self._clusters}[self._name]
        if task == "classification":
            self._outputs = self._labels

    def predict(self, rows: Rows) -> list[dict[str, Any]]:
        """One output a row, in order. Raises ``ModelFailed``."""
        outputs: list[dict[str, Any]] = []
        with _told():
            for start in range(0, len(rows), MOST_ROWS):
                outputs += self._outputs(self._encoding.matrix(rows[start : start + MOST_ROWS]))
        return outputs

    def answers(
        self, columns: Mapping[str, ArrowColumn], length: int, masks: Masks | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """The same for so many rows as Arrow columns by field (``Encoding.arrow_matrix``), as numbers.

        Probabilities (rows, classes); values, scores or clusters (rows, 1), float64; and of a classification
        the place of each row's label among the classes. ``masks`` are the version's (``masks_of``): they give
        the same. Raises ``ModelFailed``.
        """
        width = len(self._names) if self._task == "classification" else 1
        most = MOST_ROWS if masks is None else ROWS
        numbers = np.empty((length, width), dtype=np.float64)
        with _told():
            for start in range(0, length, most):
                rows = min(most, length - start)
                some = {name: column.slice(start, rows) for name, column in columns.items()}
                shape = (rows, width) if self._task == "classification" else (rows,)
                if masks is None:
                    found = self._answers(self._encoding.arrow_matrix(some, rows), shape)
                else:
                    found = _fitting(masks.answer(some, rows), shape)
                numbers[start : start + rows] = found.reshape(rows, width)
            if not np.isfinite(numbers).all():
                raise ModelFailed(NOT_FINITE)
        return numbers, numbers.argmax(axis=1) if self._task == "classification" else None

    def _labels(self, matrix: np.ndarray) -> list[dict[str, Any]]:
        probabilities = self._answers(matrix, (len(matrix), len(self._names)))
        best = probabilities.argmax(axis=1)
        return [
            {"label": self._classes[place], "probabilities": dict(zip(self._names, row, strict=True))}
            for place, row in zip(best.tolist(), _finite(probabilities.tolist()), strict=True)
        ]

    def _values(self, matrix: np.ndarray) -> list[dict[str, Any]]:
        values = self._answers(matrix, (len(matrix),)).tolist()
        if not all(map(math.isfinite, values)):
            raise ModelFailed(NOT_FINITE)
        return [{self._name: value} for value in values]

    def _clusters(self, matrix: np.ndarray) -> list[dict[str, Any]]:
        return [{"cluster": int(cluster)} for cluster in self._answers(matrix, (len(matrix),)).tolist()]

    def _answers(self, matrix: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        solver = self._solver
        check_taken(matrix, solver.takes)
        with np.errstate(all="ignore"):
            answers = solver.answer(matrix)
        return _fitting(answers, shape)


@contextmanager
def _told() -> Iterator[None]:
    """Whatever fails inside, the model has: numbers of a file from outside may meet in any way."""
    try:
        yield
    except ModelFailed:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        # The message may repeat a value that was sent; only its kind is told.
        raise ModelFailed(f"The model gave no answer ({type(error).__name__}).") from None


def _fitting(answers: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if answers.shape != shape:
        raise ModelFailed("The model gave more or fewer numbers than the version has classes.")
    return answers


def _same(named: Sequence[Scalar], known: Sequence[Scalar]) -> bool:
    """Whether both are the same labels, of the same types, each named once."""
    pairs = [(type(each), each) for each in named]
    return bool(pairs) and pairs == [(type(each), each) for each in known] and len(set(pairs)) == len(pairs)


def _finite(rows: list[list[float]]) -> list[list[float]]:
    """The rows, whose numbers are finite where their sums are: probabilities are small."""
    if not all(math.isfinite(sum(row)) for row in rows):
        raise ModelFailed(NOT_FINITE)
    return rows
