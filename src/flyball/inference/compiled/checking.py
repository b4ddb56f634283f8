"""Whether the parts of an encoder fit each other and the schema: checked once, when it is opened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.schema import NUMERIC, Kind
from flyball.inference.compiled.arrays import unpacked
from flyball.inference.compiled.columns import PARTS, Column, Encoder, Moments, Numbers, Table, Words


def check(encoder: Encoder, kinds: Mapping[str, Kind]) -> None:
    """Raises ``ArtifactCorrupt`` for an encoder that does not make each of its columns once, of fields that
    are there and of numbers that are finite.
    """
    columns = columns_of(encoder)
    places = [column.place for column in columns]
    places += [place for table in encoder.tables for place in table.places]
    # Counted first: the width alone must not say how much is made.
    if len(places) != encoder.width or sorted(places) != list(range(encoder.width)):
        raise _corrupt("does not make each of its columns once")
    _check_fields(encoder.numbers, kinds, NUMERIC)
    _check_fields(encoder.moments, kinds, frozenset({Kind.TIMESTAMP}))
    _check_fields(encoder.tables, kinds, frozenset(Kind) - {Kind.TIMESTAMP})
    _check_fields(encoder.words, kinds, frozenset({Kind.TEXT}))
    if not all(_leads_to_a_number(column) for column in columns):
        raise _corrupt("holds a step that leads to no number")
    if any(not 0 <= part < len(PARTS) for each in encoder.moments for part, _ in each.columns):
        raise _corrupt("takes a part that no timestamp has")
    if not all(_fits(table, is_number=kinds[table.field] in NUMERIC) for table in encoder.tables):
        raise _corrupt("holds a table whose parts do not fit")
    if not all(_weighs(each) for each in encoder.words):
        raise _corrupt("holds words whose weights do not fit")


def columns_of(encoder: Encoder) -> list[Column]:
    """Every column that is not looked up."""
    plain = [column for each in encoder.numbers for column in each.columns]
    moments = [column for each in encoder.moments for _, column in each.columns]
    return [*plain, *moments, *(column for each in encoder.words for _, column in each.columns)]


def _check_fields(
    parts: Sequence[Numbers | Moments | Table | Words], kinds: Mapping[str, Kind], allowed: frozenset[Kind]
) -> None:
    if any(kinds.get(each.field) not in allowed for each in parts):
        raise _corrupt("takes fields that the schema does not have")


def _leads_to_a_number(column: Column) -> bool:
    return all(
        math.isfinite(step.number) and not (step.operation == "over" and step.number == 0)
        for step in column.steps
    )


def _fits(table: Table, *, is_number: bool) -> bool:
    values = unpacked(table.values)
    kind = float if is_number else str
    return (
        table.numbers == is_number
        and table.values.dtype == "<f8"
        and values.shape == (len(table.keys) + 1, len(table.places))
        and len(set(table.keys)) == len(table.keys)
        and all(key is None or isinstance(key, kind) for key in table.keys)
    )


def _weighs(words: Words) -> bool:
    weights = unpacked(words.weights)
    return (
        words.weights.dtype == "<f8"
        and weights.shape == (len(words.words),)
        and bool(np.isfinite(weights).all())
        and all(0 <= place < len(words.words) for place, _ in words.columns)
        and all(column.present is None for _, column in words.columns)
    )


def _corrupt(what: str) -> ArtifactCorrupt:
    return ArtifactCorrupt(f"The artifact's encoder {what}.")
