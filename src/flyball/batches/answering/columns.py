"""A whole column checked as the schema checks each value: of equal values one is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from flyball.batches.reading.lines import member_values
from flyball.batches.reading.rows import Piece
from flyball.domain.delimited import MISSING
from flyball.domain.errors import Problem
from flyball.domain.schema import Field, Kind, Schema, check
from flyball.domain.values import Scalar, canonical, category_text

EXACT = 2**53
"""Below it float64 holds every whole number."""
Read = Callable[[str], Any]
"""Reads a text as a field's value; what does not fit stays text."""


@dataclass(slots=True)
class Column:
    """A field's values as a compiled version takes them, and what is to be said of some, by their places."""

    values: Any
    problems: dict[int, Problem] = field(default_factory=dict)
    warnings: dict[int, Problem] = field(default_factory=dict)


def cell(text: str) -> str | None:
    """The text of a cell without spaces around it; ``None`` where it means that there is no value."""
    plain = text.strip()
    return None if plain in MISSING else plain


def plain(value: object, read: Read | None) -> object:
    """A file's value as a request would bring it; what is no scalar stays, and is refused."""
    if read is not None:
        text = cell(str(value))
        return None if text is None else read(text)
    try:
        return canonical(value)
    except (TypeError, ValueError, OverflowError):
        return value


def checked(field: Field, column: Any, length: int, read: Read | None = None) -> Column:
    """So many values of a field, checked: what ``domain.schema.check`` would say of each, row by row.

    ``column`` is an Arrow array, of texts where they are to be ``read``; ``None`` where the file has none.
    """
    if column is None:
        column = pa.nulls(length, pa.string())
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if read is None and field.kind in {Kind.NUMBER, Kind.INTEGER} and _is_number(column.type):
        return _numbers(field, column)
    return _distinct(field, column, read)


def _is_number(type_: Any) -> bool:
    return pa.types.is_integer(type_) or (pa.types.is_floating(type_) and not pa.types.is_float16(type_))


def _numbers(field: Field, column: Any) -> Column:
    """What is finite and within the range needs no further look."""
    numbers = column.to_numpy(zero_copy_only=False).astype(np.float64)
    with np.errstate(invalid="ignore"):
        plainly = np.abs(numbers) < EXACT
        if field.low is not None:
            plainly &= numbers >= field.low
        if field.high is not None:
            plainly &= numbers <= field.high
        if field.kind is Kind.INTEGER and pa.types.is_floating(column.type):
            plainly &= numbers == np.floor(numbers)
    odd = np.flatnonzero(~plainly)
    found = Column(None)
    if len(odd):
        rest = _distinct(field, column.take(pa.array(odd)), None)
        found.problems = {int(odd[place]): said for place, said in rest.problems.items()}
        found.warnings = {int(odd[place]): said for place, said in rest.warnings.items()}
        numbers = numbers.copy()
        numbers[odd] = rest.values.to_numpy(zero_copy_only=False).astype(np.float64)
    found.values = pa.array(numbers, pa.float64())
    return found


def _distinct(field: Field, column: Any, read: Read | None) -> Column:
    values, codes = encoded(column)
    schema = Schema((field,))
    normal: list[Scalar] = []
    problems: dict[int, Problem] = {}
    warnings: dict[int, Problem] = {}
    for code, value in enumerate([*values, None]):  # the last one is what is missing
        said = check(schema, {field.name: None if value is None else plain(value, read)}, pointer="/input")
        normal.append(said.values.get(field.name))
        if said.problems:
            problems[code] = said.problems[0]
        elif said.warnings:
            warnings[code] = said.warnings[0]
    return Column(_taken(field, normal, codes), _spread(problems, codes), _spread(warnings, codes))


def encoded(column: Any) -> tuple[list[Any], np.ndarray]:
    """The distinct values, and for each row the place of its own; behind the last one: it is missing."""
    try:
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        values = column.dictionary.to_pylist()
        codes = column.indices.fill_null(len(values)).to_numpy(zero_copy_only=False).astype(np.int64)
    except (pa.ArrowException, ValueError, OverflowError):  # lists, texts that are not UTF-8, a year 70000
        values = [_value(each) for each in column]
        codes = np.arange(len(values), dtype=np.int64)
    return values, codes


def distinct(piece: Piece, name: str) -> tuple[list[Any], np.ndarray]:
    """The same of a column of a piece, and of the members of its lines, of which each counts as another."""
    if piece.content != "lines":
        return encoded(piece.columns[name])
    (lines,) = piece.columns.values()
    values = [(member_values(line) or {}).get(name) for line in lines.to_pylist()]
    return values, np.arange(len(values))


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (UnicodeDecodeError, ValueError, OverflowError):
        return ()  # no scalar: it is refused


def _spread(said: dict[int, Problem], codes: np.ndarray) -> dict[int, Problem]:
    if not said:
        return {}
    places = np.flatnonzero(np.isin(codes, list(said)))
    return {place: said[code] for place, code in zip(places.tolist(), codes[places].tolist(), strict=True)}


def _taken(field: Field, normal: list[Scalar], codes: np.ndarray) -> Any:
    if field.kind in {Kind.NUMBER, Kind.INTEGER}:
        numbers = np.array([np.nan if value is None else float(value) for value in normal], dtype=np.float64)
        return pa.array(numbers[codes], pa.float64())
    if field.kind is Kind.BOOLEAN:
        return pa.array(normal, pa.bool_()).take(pa.array(codes))
    texts = [None if value is None else category_text(value) for value in normal]
    # The last place stands for what is missing, and is null itself.
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(texts, pa.string()))
