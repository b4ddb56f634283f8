"""The features of the instance table, from the rows and from each feature table, and their stored types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flyball.domain.declaration import Endpoint
from flyball.domain.schema import Kind
from flyball.snapshots import expressions
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.expressions import Reading
from flyball.snapshots.source import Enumeration, Staged
from flyball.snapshots.tables import SeenTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A feature of the instance table: the source it comes from, that table's alias, and how it is read."""

    source: str
    alias: str
    reading: Reading

    @property
    def name(self) -> str:
        """Its name in the schema."""
        return self.reading.name

    @property
    def type(self) -> ColumnType:
        """Its stored type."""
        return self.reading.type

    @property
    def enumeration(self) -> Enumeration | None:
        """What its source says of its values, where they are few and named."""
        return self.reading.staged.enumerations.get(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of the instance table: ``k``, ``t``, ``n``, ``o``, ``e0``…, ``y``, ``w`` and ``f0``…

    They are key, time, moment at which the outcome was known, origin, entities, outcome and weight (if any),
    and features. ``weight`` is the name of that column of the rows.
    """

    features: tuple[Feature, ...]
    entities: tuple[str, ...]
    outcome: ColumnType | None
    weight: str | None = None

    @property
    def columns(self) -> list[tuple[str, ColumnType]]:
        """Every column's name and type, in order."""
        moments = [("t", ColumnType.MOMENT), ("n", ColumnType.MOMENT)]
        fixed = [("k", ColumnType.TEXT), *moments, ("o", ColumnType.TEXT)]
        entities = [(f"e{i}", ColumnType.TEXT) for i in range(len(self.entities))]
        outcome = [] if self.outcome is None else [("y", self.outcome)]
        features = [(f"f{i}", feature.type) for i, feature in enumerate(self.features)]
        weight = [] if self.weight is None else [("w", ColumnType.NUMBER)]
        return [*fixed, *entities, *outcome, *weight, *features]


def features(declaration: type[Endpoint], rows: Staged, tables: Sequence[SeenTable]) -> Iterator[Feature]:
    """The features in order: the rows' own, then each table's. Raises ``DataError`` for impossible kinds."""
    for name in _own(declaration, rows):
        yield Feature(source="request", alias="r", reading=reading(declaration, rows, name))
    for i, seen in enumerate(tables):
        for name in seen.staged.features:
            read = reading(declaration, seen.staged, name)
            yield Feature(source=seen.table.name, alias=f"t{i}", reading=read)


def _own(declaration: type[Endpoint], rows: Staged) -> Iterator[str]:
    """The rows' features: those sent with the call; never the outcome, when it was known, or the weight."""
    outcome = declaration.outcome
    hidden = {declaration.rows.weight}
    hidden |= set() if outcome is None else {outcome.column, outcome.time}
    hidden |= {rows.source.key, rows.source.time} if declaration.features is None else set()
    return (name for name in rows.features if name not in hidden)


def reading(declaration: type[Endpoint], staged: Staged, name: str) -> Reading:
    """A feature as its declaration has it read. Raises ``DataError`` where its column cannot be."""
    stated = declaration.fields.get(name)
    if stated is None or stated.kind is None:
        return expressions.as_it_is(staged, name)
    return expressions.as_kind(staged, name, Kind(stated.kind))
