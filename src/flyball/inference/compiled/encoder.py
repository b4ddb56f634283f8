"""Rows become a model's columns: one row as plain numbers, many rows at once; the same bits both ways."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from flyball.domain.errors import ModelFailed
from flyball.domain.schema import Kind
from flyball.domain.values import Scalar, category_text, parse_timestamp
from flyball.inference.compiled.arrays import unpacked
from flyball.inference.compiled.checking import check, columns_of
from flyball.inference.compiled.columns import (
    MICROSECONDS,
    PARTS,
    Column,
    Encoder,
    Operation,
    Step,
    Table,
    Words,
)
from flyball.inference.compiled.listed import Arrow, ArrowColumn, Listed, arrow

Row = Mapping[str, Scalar]
Chain = tuple[tuple[Callable[[float, float], float], float], ...]
Numbered = list[tuple[int, float]]
"""Numbers by the place they belong to."""

OPERATIONS: Mapping[Operation, tuple[Callable[[float, float], float], Callable[..., np.ndarray]]] = {
    "minus": (operator.sub, np.subtract),
    "over": (operator.truediv, np.divide),
    "times": (operator.mul, np.multiply),
    "plus": (operator.add, np.add),
    "at_least": (max, np.maximum),
    "at_most": (min, np.minimum),
}
"""Each operation on one number, and on many."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUICK = 2**14
"""Columns and steps up to which a row takes less than a millisecond."""
FEW = 10
"""Rows that take less time one by one than all at once: arrays cost as much for one row as for ten."""
AT_ONCE = 64
"""Columns that are made together: more would take memory, and are no sooner made."""
TOKEN = re.compile(r"\b\w\w+\b")
"""What scikit-learn's text vectorizers take for a word, unless they are told otherwise."""


class Encoding:
    """An encoder at work on rows that passed the schema's check. Safe to call from several threads."""

    def __init__(self, encoder: Encoder, kinds: Mapping[str, Kind]) -> None:
        """``kinds`` are the fields of the rows. Raises ``ArtifactCorrupt`` where they do not fit, and where
        the columns are not each made once.
        """
        check(encoder, kinds)
        self._data = encoder
        self.is_quick = encoder.width + sum(len(each.steps) for each in columns_of(encoder)) <= QUICK
        self._blank = [math.nan] * encoder.width
        for column in columns_of(encoder):
            if column.present is not None:
                self._blank[column.place] = column.present
        self._numbers = [
            (each.field, _chains(each.columns), _missing(each.columns)) for each in encoder.numbers
        ]
        self._moments = [
            (
                each.field,
                [
                    (part, column.place, _chain(column))
                    for part, column in each.columns
                    if column.present is None
                ],
                _missing([column for _, column in each.columns]),
            )
            for each in encoder.moments
        ]
        self._together = _together(encoder)
        self._lookups = [Lookup(table) for table in encoder.tables]
        self._slices = [
            (lookup.field, lookup.numbers, first, last, *lookup.part(start, start + last - first))
            for lookup in self._lookups
            for start, first, last in _runs(lookup.places)
        ]
        self._words = [_Counted(each) for each in encoder.words]
        for counted in self._words:
            for place, number in counted.absent:
                self._blank[place] = number

    def row(self, values: Row) -> list[float]:
        """The columns of one row. Raises ``ModelFailed`` for a value that the model refuses."""
        row = self._blank[:]
        get = values.get
        for field, chains, missing in self._numbers:
            value = get(field)
            if value is None or value != value:  # NaN alone differs from itself
                for place, number in missing:
                    row[place] = number
            else:
                _put(row, chains, float(value))
        for field, is_number, first, last, known, other in self._slices:
            found = known.get(_key(get(field), is_number=is_number), other)
            if found is None:
                raise ModelFailed("The model refuses a value that it has not seen.")
            row[first:last] = found
        if self._moments:
            self._put_moments(row, values)
        for counted in self._words:
            counted.put(row, values.get(counted.field))
        return row

    def matrix(self, rows: Sequence[Row]) -> np.ndarray:
        """The columns of rows, float64, shape (rows, width). Raises ``ModelFailed``, as for one."""
        if len(rows) <= FEW:
            made = np.array([self.row(row) for row in rows], dtype=np.float64)
            return made.reshape(len(rows), len(self._blank))
        return self._filled(len(rows), lambda field: Listed([row.get(field) for row in rows]))

    def arrow_matrix(self, columns: Mapping[str, ArrowColumn], length: int) -> np.ndarray:
        """The same for so many rows as Arrow columns by field; a field without one is missing everywhere.

        Numbers, and true and false, have types of their own in Arrow; texts and categories are strings,
        timestamps are texts as a request has them. Raises ``ModelFailed``, as for one.
        """
        return self._filled(length, lambda field: arrow(columns, field, length))

    def _filled(self, length: int, column_of: Callable[[str], Listed | Arrow]) -> np.ndarray:
        made = np.empty((length, len(self._blank)), dtype=np.float64)
        made[:] = self._blank
        if self._together:
            sources = self._sources(length, column_of)
            with np.errstate(all="ignore"):
                for several in self._together:
                    several.fill(made, sources)
        for lookup in self._lookups:
            lookup.fill(made, column_of(lookup.field))
        for counted in self._words:
            for row, text in zip(made, column_of(counted.field).values(), strict=True):
                counted.put(row, text)
        return made

    def _sources(self, length: int, column_of: Callable[[str], Listed | Arrow]) -> np.ndarray:
        """What columns are made of, (sources, rows): the fields of numbers, then the parts of each moment."""
        numbers, moments = self._data.numbers, self._data.moments
        found = np.empty((len(numbers) + len(moments) * len(PARTS), length), dtype=np.float64)
        for place, each in enumerate(numbers):
            found[place] = column_of(each.field).numbers()
        for place, of in enumerate(moments):
            start = len(numbers) + place * len(PARTS)
            parts = [_parts(text) for text in column_of(of.field).values()]
            found[start : start + len(PARTS)] = np.array(parts, dtype=np.float64).reshape(-1, len(PARTS)).T
        return found

    def _put_moments(self, row: list[float], values: Row) -> None:
        for field, chains, missing in self._moments:
            text = values.get(field)
            if text is None:
                for place, number in missing:
                    row[place] = number
                continue
            parts = _parts(text)
            for part, place, chain in chains:
                row[place] = _through(parts[part], chain)


class _Several:
    """Columns that are made of numbers by the same operations, all at once: each costs little more then."""

    def __init__(self, columns: Sequence[tuple[int, Column]]) -> None:
        """``columns`` with the places of their sources (``Encoding._sources``)."""
        of = [column for _, column in columns]
        self._sources = [source for source, _ in columns]
        self._places = [column.place for column in of]
        self._missing = _upright([column.missing for column in of])
        self._present = None if of[0].present is None else _upright([column.present for column in of])
        self._steps = [
            (OPERATIONS[steps[0].operation][1], _upright([step.number for step in steps]))
            for steps in zip(*map(_taken, of), strict=True)
        ]
        # NaN stays NaN: with nothing to be filled in, columns are what their steps make of them.
        self._fills = self._present is not None or not np.isnan(self._missing).all()

    def fill(self, made: np.ndarray, sources: np.ndarray) -> None:
        """Put the columns of many rows into their places."""
        source = sources[self._sources]
        numbers = source
        for operation, operands in self._steps:
            numbers = operation(numbers, operands)
        if self._present is not None:
            numbers = self._present
        if self._fills:
            numbers = np.where(np.isnan(source), self._missing, numbers)
        made[:, self._places] = numbers.T


class Lookup:
    """A table of known values at work."""

    def __init__(self, table: Table) -> None:
        self.field, self.numbers, self.places = table.field, table.numbers, table.places
        self._refuses = table.refuses
        self.values = unpacked(table.values)
        self._index = {key: place for place, key in enumerate(table.keys)}
        runs = _runs(table.places)
        self._at: slice | list[int] = list(table.places)
        if len(runs) == 1:
            self._at = slice(*runs[0][1:])

    def part(
        self, start: int, end: int
    ) -> tuple[dict[str | float | None, tuple[float, ...]], tuple[float, ...] | None]:
        """What each known value, and any other, puts into some of the places."""
        rows = [tuple(row) for row in self.values[:, start:end].tolist()]
        return {key: rows[place] for key, place in self._index.items()}, None if self._refuses else rows[-1]

    def codes(self, column: Listed | Arrow) -> np.ndarray:
        """Which of the known values each row has; behind the last: any other. Raises ``ModelFailed``."""
        index, other = self._index, len(self._index)
        found = column.codes(index, lambda value: index.get(_key(value, is_number=self.numbers), other))
        if self._refuses and other in found:
            raise ModelFailed("The model refuses a value that it has not seen.")
        return found

    def fill(self, made: np.ndarray, column: Listed | Arrow) -> None:
        """Put the values of many rows into their places."""
        made[:, self._at] = self.values[self.codes(column)]


class _Counted:
    """Words of texts, weighted: TF-IDF as scikit-learn computes it, in its order."""

    def __init__(self, words: Words) -> None:
        self.field = words.field
        self._index = {word: place for place, word in enumerate(words.words)}
        self._weights: list[float] = unpacked(words.weights).tolist()
        self._chains: dict[int, list[tuple[int, Chain]]] = {}
        for word, column in words.columns:
            self._chains.setdefault(word, []).append((column.place, _chain(column)))
        self.absent = [(column.place, _through(0.0, _chain(column))) for _, column in words.columns]
        """What a text without any of the words has: most words are not in most texts."""

    def put(self, row: list[float] | np.ndarray, text: Scalar) -> None:
        """Put the weights of a text into their places of a row, which holds what is ``absent``."""
        for word, weight in self._weighted("" if text is None else str(text)).items():
            for place, chain in self._chains.get(word, ()):
                row[place] = _through(weight, chain)

    def _weighted(self, text: str) -> dict[int, float]:
        counts: dict[int, int] = {}
        for word in TOKEN.findall(text.lower()):
            place = self._index.get(word)
            if place is not None:
                counts[place] = counts.get(place, 0) + 1
        weights = {place: counts[place] * self._weights[place] for place in sorted(counts)}
        squares = 0.0
        for weight in weights.values():  # not sum(), which since Python 3.12 rounds less
            squares += weight * weight
        length = math.sqrt(squares)
        return {place: weight / length for place, weight in weights.items()} if length else weights


def _key(value: Scalar, *, is_number: bool) -> str | float | None:
    if value.__class__ is str and not is_number:
        return value
    if value is None or value != value:  # as above
        return None
    return float(value) if is_number else category_text(value)


def _parts(text: Scalar) -> tuple[float, ...]:
    if text is None:
        return (math.nan,) * len(PARTS)
    moment = parse_timestamp(str(text))
    gone = moment - EPOCH
    counted = (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds
    # As float64 first: whole numbers are divided exactly, and then rounded otherwise.
    days = float(counted) / MICROSECONDS
    calendar = (moment.year, moment.month, moment.day, moment.weekday(), moment.hour)
    return (days, *map(float, calendar))


def _put(row: list[float], chains: Sequence[tuple[int, Chain]], start: float) -> None:
    for place, chain in chains:
        number = start
        for operation, operand in chain:
            number = operation(number, operand)
        row[place] = number


def _through(number: float, chain: Chain) -> float:
    for operation, operand in chain:
        number = operation(number, operand)
    return number


def _together(encoder: Encoder) -> list[_Several]:
    """All columns that are made of numbers, with those together that the same operations make."""
    start = len(encoder.numbers)
    columns = [(place, column) for place, each in enumerate(encoder.numbers) for column in each.columns]
    for place, each in enumerate(encoder.moments):
        columns += [(start + place * len(PARTS) + part, column) for part, column in each.columns]
    alike: dict[tuple[Any, ...], list[tuple[int, Column]]] = {}
    for source, column in columns:
        operations = tuple(step.operation for step in _taken(column))
        alike.setdefault((column.present is None, operations), []).append((source, column))
    return [
        _Several(some[start : start + AT_ONCE])
        for some in alike.values()
        for start in range(0, len(some), AT_ONCE)
    ]


def _taken(column: Column) -> tuple[Step, ...]:
    """The steps of a column: none where it is the same wherever there is a number."""
    return column.steps if column.present is None else ()


def _upright(numbers: Sequence[float | None]) -> np.ndarray:
    """One number for each source, beside all rows: shape (sources, 1)."""
    return np.array(numbers, dtype=np.float64)[:, np.newaxis]


def _chain(column: Column) -> Chain:
    return tuple((OPERATIONS[step.operation][0], step.number) for step in column.steps)


def _chains(columns: Sequence[Column]) -> list[tuple[int, Chain]]:
    return [(column.place, _chain(column)) for column in columns if column.present is None]


def _missing(columns: Sequence[Column]) -> Numbered:
    return [(column.place, column.missing) for column in columns]


def _runs(places: Sequence[int]) -> list[tuple[int, int, int]]:
    """Neighbouring places together: where each run starts among ``places``, its first and its end."""
    runs: list[tuple[int, int, int]] = []
    for start, place in enumerate(places):
        if runs and runs[-1][2] == place:
            runs[-1] = (runs[-1][0], runs[-1][1], place + 1)
        else:
            runs.append((start, place, place + 1))
    return runs
