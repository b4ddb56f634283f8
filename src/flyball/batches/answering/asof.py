"""Features as they were at each row's moment: joined before, and read here beside the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from flyball.batches.answering.entities import Keys, Looked, Table
from flyball.domain.errors import Problem
from flyball.domain.routing import Lookup
from flyball.domain.values import Scalar
from flyball.serving.preparing import features
from flyball.stores.lookups import convert


def has(table: str) -> str:
    """The column that says whether a feature table has a row for an entity, in a file of joined features."""
    return f"has {table.encode().hex()}"


def value(table: str, name: str) -> str:
    """The column of a feature there. Names are spelt so that two that differ in case are two."""
    return f"value {table.encode().hex()} {name.encode().hex()}"


class Joined:
    """The features of the rows of a piece, from the file in which they were joined."""

    def __init__(self, columns: Mapping[str, Any], problems: Mapping[int, Problem]) -> None:
        self.problems = problems
        self._columns = columns

    def of(self, place: int) -> features.Read:
        """What the row at that place has, whatever its key."""

        def read(lookup: Lookup, key: Scalar) -> dict[str, Scalar] | None:
            if not self._columns[has(lookup.table)][place].as_py():
                return None
            found: dict[str, Scalar] = {}
            for name, kind in lookup.columns:
                column = self._columns.get(value(lookup.table, name))
                found[name] = None if column is None else convert(kind, column[place].as_py())
            return found

        return read

    def some(self, places: np.ndarray) -> Looked:
        """What is joined to the rows at some places."""
        rows = pa.array(places)
        problems = {
            new: self.problems[old] for new, old in enumerate(places.tolist()) if old in self.problems
        }
        return Joined({name: column.take(rows) for name, column in self._columns.items()}, problems)

    def table(self, lookup: Lookup, names: Sequence[str], keys: Mapping[str, Keys]) -> Table:
        """One of them as columns."""
        found = self._columns[has(lookup.table)].to_numpy(zero_copy_only=False).astype(bool)
        return Table(found, {name: self._columns[value(lookup.table, name)] for name in names})
