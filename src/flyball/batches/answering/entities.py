"""The entities of a piece, column by column: keys are checked whole, and looked up together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from flyball.batches.answering.columns import Column, cell, checked, distinct, plain
from flyball.batches.answering.pinned import Pinned
from flyball.batches.reading.rows import Piece
from flyball.control.connection import database
from flyball.domain.errors import Problem
from flyball.domain.records import LONGEST_ENTITY, entity_key
from flyball.domain.routing import Lookup
from flyball.domain.schema import Kind, escape
from flyball.domain.values import Scalar
from flyball.serving.preparing import csv_rows, features
from flyball.stores import lookups

TYPES = {float: pa.float64(), int: pa.int64(), bool: pa.bool_(), str: pa.string()}
Values = dict[str, Scalar]
LONGEST_NUMBER = 40
"""Characters that a number, or a truth, and what is around it take at most."""


@dataclass(frozen=True, slots=True)
class Keys:
    """A column that names the entity: its distinct keys, and for each row the place of its own.

    That is -1 where a row has none, or one that is refused.
    """

    values: Sequence[Scalar]
    codes: np.ndarray


@dataclass(frozen=True, slots=True)
class Table:
    """A feature table's side of a piece: which rows it has something for, and its columns by their names."""

    has: np.ndarray
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Features:
    """Looked-up columns, checked, and which rows have no features, or such that do not fit."""

    columns: Mapping[str, Column]
    odd: np.ndarray


class Looked(Protocol):
    """What feature tables have for the rows of a piece.

    ``problems`` says why it is not known for some of them, by their places.
    """

    problems: Mapping[int, Problem]

    def of(self, place: int) -> features.Read:
        """What reads them for the row at a place of the piece."""

    def some(self, places: np.ndarray) -> Looked:
        """What they have for the rows at some places, as if these stood alone."""

    def table(self, lookup: Lookup, names: Sequence[str], keys: Mapping[str, Keys]) -> Table | None:
        """One of them as columns; ``None`` where its values are of several types."""


class Now:
    """Features as they are now: each table is asked once for all keys of a piece."""

    def __init__(self, needed: Collection[Lookup], keys: Mapping[str, Collection[Scalar]]) -> None:
        self.problems: Mapping[int, Problem] = {}
        store = database()
        self._known: dict[str, dict[Scalar, Values | None]] = {}
        with closing(store.connect_read_only()) as connection:
            for lookup in needed:
                found = lookups.read_many(store, connection, lookup, keys[lookup.on])
                self._known[lookup.table] = found

    def of(self, place: int) -> features.Read:
        """The same for every row of one key."""
        return lambda lookup, key: self._known[lookup.table][key]

    def some(self, places: np.ndarray) -> Looked:
        """Itself: it goes by keys."""
        return self

    def table(self, lookup: Lookup, names: Sequence[str], keys: Mapping[str, Keys]) -> Table | None:
        """One of them as columns; ``None`` where its values are of several types."""
        known, own = self._known[lookup.table], keys[lookup.on]
        rows = [known[key] for key in own.values]
        has = np.array([row is not None for row in rows] + [False])[own.codes]
        places = pa.array(own.codes, mask=own.codes < 0)
        columns = {name: _array([None if row is None else row[name] for row in rows]) for name in names}
        if None in columns.values():
            return None
        return Table(has, {name: column.take(places) for name, column in columns.items()})


def _array(values: Sequence[Scalar]) -> Any:
    """Values of one type as an array; else ``None``."""
    found = {type(value) for value in values} - {type(None)}
    if len(found) > 1:
        return None
    try:
        return pa.array(values, TYPES[found.pop()] if found else pa.string())
    except (pa.ArrowException, ValueError, OverflowError):  # half of a surrogate pair, more than 64 bits
        return None


def keys(pinned: Pinned, piece: Piece) -> dict[str, Keys]:
    """The keys of the columns that the version looks up by."""
    every = {lookup.on: lookup for lookup in pinned.needed}  # several tables may have one
    return {on: _keys(pinned, piece, lookup) for on, lookup in every.items()}


def _keys(pinned: Pinned, piece: Piece, lookup: Lookup) -> Keys:
    values, codes = distinct(piece, lookup.on)
    if (
        piece.content == "typed"
        and lookup.key_kind is Kind.INTEGER
        and pa.types.is_signed_integer(piece.columns[lookup.on].type)
    ):
        codes[codes == len(values)] = -1
        return Keys(values, codes)  # as they are: there may be as many as there are rows
    read = _text_key(lookup) if piece.content == "text" else _typed_key
    places: dict[Scalar, int] = {}
    known = []
    for value in values:
        key = _key(pinned, lookup.on, read(value))
        known.append(-1 if key is None else places.setdefault(key, len(places)))
    return Keys(list(places), np.array([*known, -1], dtype=np.int64)[codes])


def _text_key(lookup: Lookup) -> Callable[[Any], Any]:
    return lambda value: csv_rows.keys([lookup], {lookup.on: cell(str(value))}).get(lookup.on)


def _typed_key(value: Any) -> Any:
    return plain(value, None)


def _key(pinned: Pinned, on: str, value: Any) -> Scalar:
    """A key as it is looked up by; ``None`` for one that is refused."""
    if value is None:
        return None
    said = features.check_entity(pinned.route, (), {on: value}, "")
    return None if said.problems else said.values[on]


def _too_long(own: Mapping[str, Keys], length: int) -> np.ndarray:
    """Rows whose keys together may be longer than an entity."""
    sizes = np.zeros(length, dtype=np.int64)
    for on, each in own.items():
        found = [len((entity_key({on: key}) or "").encode()) for key in each.values if isinstance(key, str)]
        if found:
            sizes += np.array([*found, 0])[each.codes]
        else:
            sizes += len(on) + LONGEST_NUMBER
    return np.asarray(sizes > LONGEST_ENTITY)


def looked_up(pinned: Pinned, looked: Looked, own: Mapping[str, Keys], length: int) -> Features | None:
    """The features of so many rows, checked; ``None`` where they cannot be looked at as columns."""
    columns: dict[str, Column] = {}
    known = {on: np.zeros(length, dtype=bool) for on in own}
    odd = _too_long(own, length)
    odd[list(looked.problems)] = True
    for lookup in pinned.needed:
        schema = pinned.manifest.schema.of(lookup.table)
        table = looked.table(lookup, schema.names, own)
        if table is None:
            return None
        known[lookup.on] |= table.has
        if not all(field.nullable for field in schema.fields):
            odd |= ~table.has
        for field in schema.fields:
            column = columns[field.name] = checked(field, table.columns[field.name], length)
            column.warnings = {
                place: replace(said, pointer=f"/entity/{escape(lookup.on)}")
                for place, said in column.warnings.items()
            }
            odd[list(column.problems)] = True
    for has in known.values():
        odd |= ~has
    return Features(columns, odd)
