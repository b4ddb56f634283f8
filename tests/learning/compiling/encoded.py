"""Hostile rows, and whether an encoder makes of them what the library makes, to the last bit."""

from __future__ import annotations

import random
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow
from sklearn.pipeline import Pipeline

from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.values import Scalar, category_text
from flyball.inference.compiled.encoder import FEW, Encoding
from flyball.inference.frame import frame
from flyball.learning.compiling.preprocessing import started, through
from flyball.learning.compiling.writing import encoder

Rows = Sequence[Mapping[str, Scalar]]

SCHEMA = Schema(
    (
        Field(name="number", kind=Kind.NUMBER),
        Field(name="full", kind=Kind.NUMBER),
        Field(name="never", kind=Kind.NUMBER),
        Field(name="whole", kind=Kind.INTEGER),
        Field(name="flag", kind=Kind.BOOLEAN),
        Field(name="category", kind=Kind.CATEGORY),
        Field(name="only", kind=Kind.CATEGORY),
        Field(name="note", kind=Kind.TEXT),
        Field(name="at", kind=Kind.TIMESTAMP),
    )
)
KINDS = {field.name: field.kind for field in SCHEMA.fields}
ARROW = {
    Kind.NUMBER: pyarrow.float64(),
    Kind.INTEGER: pyarrow.int64(),
    Kind.BOOLEAN: pyarrow.bool_(),
    Kind.CATEGORY: pyarrow.string(),
    Kind.TEXT: pyarrow.string(),
    Kind.TIMESTAMP: pyarrow.string(),
}
NOTES = ("", "the cat sat on the mat", "The DOG's bone, the bone", "a b c ıİ ß x1", "don't — 漢字 漢字")
MOMENTS = (
    "1700-01-01T00:00:00.000001Z",
    "1969-12-31T23:59:59.999999Z",
    "2026-01-31T13:14:15.123456Z",
    "9999-12-31T23:59:59.999999Z",
)


def rows(count: int, seed: int, largest: float = 1e100) -> list[dict[str, Scalar]]:
    """Rows with everything that a schema's check lets through; ``largest`` is their largest number."""
    draw = random.Random(seed)  # noqa: S311 - the same rows each time
    numbers = (None, -0.0, 0.1, 5e-324, largest, -largest)
    categories: tuple[Scalar, ...] = (None, "a", "b", "", " a", "ü", "1", 1, True, "true", 2**63 - 1)
    return [
        {
            "number": draw.choice((*numbers, draw.gauss(0, 1), draw.gauss(0, 100))),
            "full": draw.gauss(3, 2),
            "never": None,
            "whole": draw.choice((None, 0, 1, -5, 2**53 + 1, 2**63 - 1)),
            "flag": draw.choice((None, True, False)),
            "category": draw.choice((*categories, f"x{draw.randrange(150)}")),
            "only": "only",
            "note": draw.choice((None, *NOTES)),
            "at": draw.choice((None, *MOMENTS)),
        }
        for _ in range(count)
    ]


STRANGE: Rows = (
    {},
    {"never": 3.5, "only": None, "category": "unseen", "full": None},
    {"never": -0.0, "only": "another", "category": 17, "note": "nothing known", "at": "0001-01-01T00:00:00Z"},
    {"category": "?", "only": "?"},
)
"""What no row of the training rows has."""


def schema_of(*names: str) -> Schema:
    """Some of the fields."""
    return Schema(tuple(field for field in SCHEMA.fields if field.name in names))


def agree(steps: Pipeline | Any, schema: Schema, known: Rows, asked: Rows) -> None:
    """Fit a transformer on known rows, ask it for others, and compare every way of the encoder with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of unknown categories
        fitted = steps.fit(frame(schema, known), np.arange(len(known)) % 2)
        made = fitted.transform(frame(schema, asked))
    expected = np.asarray(made.toarray() if hasattr(made, "toarray") else made, dtype=np.float64)
    encoding = Encoding(encoder(through([("prepare", fitted)], started(schema))), KINDS)
    together = encoding.matrix([*asked] * (FEW + 1))[: len(asked)]
    alone = np.array([encoding.row(row) for row in asked], dtype=np.float64).reshape(together.shape)
    for found in (
        together,
        alone,
        encoding.matrix(asked),
        encoding.arrow_matrix(arrow(schema, asked), len(asked)),
    ):
        assert found.shape == expected.shape
        assert bits(found) == bits(expected)


def arrow(schema: Schema, asked: Rows) -> dict[str, Any]:
    """The rows as Arrow columns; a category is a text there, whatever a request had."""
    columns = {}
    for field in schema.fields:
        values = [row.get(field.name) for row in asked]
        if field.kind is Kind.CATEGORY:
            values = [None if value is None else category_text(value) for value in values]
        columns[field.name] = pyarrow.array(values, ARROW[field.kind])
    return columns


def bits(matrix: np.ndarray) -> bytes:
    """Every bit of the numbers; all NaN are one."""
    return np.where(np.isnan(matrix), np.nan, matrix).tobytes()
