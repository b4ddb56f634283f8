"""Rows with planted anomalies, of which the truth is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from flyball.domain.schema import Field, Kind, Schema
from flyball.learning.dataset import Dataset
from tests.learning import rows

SHARE = 0.05


def _groups(draw: np.random.Generator, usual: int, strange: int) -> tuple[np.ndarray, np.ndarray]:
    centres = draw.normal(size=(3, 2)) * 4
    own = centres[draw.integers(3, size=usual)] + draw.normal(size=(usual, 2))
    return own, draw.uniform(-10, 10, size=(strange, 2))


def _depending(draw: np.random.Generator, usual: int, strange: int) -> tuple[np.ndarray, np.ndarray]:
    common = draw.normal(size=(usual, 1))
    return common + 0.25 * draw.normal(size=(usual, 6)), draw.normal(size=(strange, 6))


def _heavy(draw: np.random.Generator, usual: int, strange: int) -> tuple[np.ndarray, np.ndarray]:
    far = draw.choice([-4.0, 4.0], size=(strange, 8))
    return draw.standard_t(2, size=(usual, 8)), draw.standard_t(2, size=(strange, 8)) + far


def _alike(draw: np.random.Generator, usual: int, strange: int) -> tuple[np.ndarray, np.ndarray]:
    return draw.normal(size=(usual, 5)), np.array([3.0, 3, 3, 0, 0]) + 0.2 * draw.normal(size=(strange, 5))


KINDS: Mapping[str, Callable[[np.random.Generator, int, int], tuple[np.ndarray, np.ndarray]]] = {
    "groups": _groups,
    "depending": _depending,
    "heavy": _heavy,
    "alike": _alike,
}


def planted(kind: str, seed: int, size: int = 600) -> tuple[Dataset, np.ndarray]:
    """Rows in no order, and which of them are anomalies."""
    draw = np.random.default_rng(seed)
    strange = int(size * SHARE)
    matrix = np.vstack(KINDS[kind](draw, size - strange, strange))
    order = draw.permutation(size)
    return of_matrix(matrix[order]), order >= size - strange


def of_matrix(matrix: np.ndarray) -> Dataset:
    """Rows of numbers; NaN is missing."""
    names = [f"x{place}" for place in range(matrix.shape[1])]
    schema = Schema(tuple(Field(name=name, kind=Kind.NUMBER, nullable=True) for name in names))
    known = [
        {name: None if np.isnan(value) else value for name, value in zip(names, row, strict=True)}
        for row in matrix.tolist()
    ]
    return rows.given(schema, known, None)
