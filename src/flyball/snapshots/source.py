"""What is read from each source of a declaration, before anything is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flyball.domain.declaration import Endpoint, FeatureTable, Origin
from flyball.domain.errors import DataError
from flyball.domain.values import Scalar
from flyball.snapshots.column_types import ColumnType

ROW_NUMBER = "row number"
"""The name of the column that numbers a file's rows from 1; a file's own may not hold a space there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source: the rows, or a feature table.

    ``label`` names it in messages; ``key`` is ``None`` where the row number stands for it; ``columns``
    are the features (``None``: every column that has no other part); ``needed`` the columns read besides;
    ``asked_by`` says which other part of the declaration names a column, for messages.
    """

    label: str
    name: str
    origin: Origin
    key: str | None
    time: str | None
    columns: tuple[str, ...] | None
    needed: tuple[str, ...] = ()
    asked_by: tuple[tuple[str, str], ...] = ()

    @property
    def slot(self) -> str:
        """The source's name as part of a file's: letters and digits only, and never that of another file."""
        return f"source_{self.name.encode().hex()}"

    @property
    def place(self) -> str:
        """The label and where the data is, for messages."""
        return f"{self.label} ({self.data})"

    @property
    def data(self) -> str:
        """Where the data is."""
        return self.origin.model or self.origin.file or "query"

    def fail(self, what: str, fix: str) -> DataError:
        """An error that says where, what, and what to do."""
        return DataError(f"{self.place}: {what} {fix}")

    def lacks(self, name: str, fix: str) -> DataError:
        """An error for a column that is not there, under the part of the declaration that names it."""
        label = dict(self.asked_by).get(name, self.label)
        return DataError(f"{label} ({self.data}): has no column {name!r}. {fix}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enumeration:
    """What people call the values of a column. ``declared``: they are all that there should be, in order."""

    labels: Mapping[Scalar, str]
    declared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A source copied to Parquet files: its columns ``c0``, ``c1``… by name, each with its stored type.

    ``features`` are the names of those that are features; ``enumerations`` what the source knows of columns
    whose values stand for something, whatever their type; ``days`` the names of columns of dates, which are
    stored as the first moment of each.
    """

    source: Source
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    types: tuple[ColumnType, ...]
    features: tuple[str, ...]
    enumerations: Mapping[str, Enumeration] = field(default_factory=dict)
    days: frozenset[str] = frozenset()

    def column(self, name: str) -> str:
        """The column's name in the files."""
        return f"c{self.names.index(name)}"

    def type_of(self, name: str) -> ColumnType:
        """The column's stored type."""
        return self.types[self.names.index(name)]


def rows_source(declaration: type[Endpoint]) -> Source:
    """The rows of a declaration as a source."""
    rows, outcome = declaration.rows, declaration.outcome
    others = () if outcome is None else (outcome.column, outcome.time)
    requested = declaration.request_columns()
    needed = [*declaration.entity_columns(), *others, rows.weight, *(rows.columns or ())]
    tables = [(table.on, _label(declaration, table)) for table in declaration.tables()]
    sent = [(name, f"{declaration.__name__}.features") for name in requested or ()]
    told = [(name, f"{declaration.__name__}.outcome") for name in others if name]
    return Source(
        label=f"{declaration.__name__}.rows",
        name="rows",
        origin=rows.origin,
        key=rows.key,
        time=rows.time,
        columns=rows.columns if requested is None else requested,
        needed=tuple(name for name in dict.fromkeys(needed) if name),
        asked_by=(*tables, *sent, *told),
    )


def table_source(declaration: type[Endpoint], table: FeatureTable) -> Source:
    """A feature table of a declaration as a source; a file or a query is keyed like the rows by default."""
    return Source(
        label=_label(declaration, table),
        name=table.name,
        origin=table.origin,
        key=table.key or table.on,
        time=table.event_time,
        columns=table.columns,
    )


def _label(declaration: type[Endpoint], table: FeatureTable) -> str:
    return f"{declaration.__name__}.features, table {table.name!r}"


def chosen(source: Source, available: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names to read and, of them, the features. Raises ``DataError`` for missing and double names."""
    double = sorted({name for name in available if list(available).count(name) > 1})
    if double:
        raise source.fail(f"has the column {double[0]!r} twice.", "Give each column its own name.")
    parts = [name for name in (source.key, source.time, *source.needed) if name]
    features = source.columns
    if features is None:
        features = tuple(name for name in available if name not in parts)
    names = tuple(dict.fromkeys([*parts, *features]))
    missing = [name for name in names if name not in available]
    if missing:
        raise source.lacks(missing[0], f"It has: {', '.join(sorted(available)) or 'none'}.")
    return names, features
