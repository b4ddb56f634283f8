"""The instance table: rows and feature tables, joined as of each row's time, never from the future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.domain.errors import DataError
from flyball.domain.schema import Kind
from flyball.snapshots import expressions, validation
from flyball.snapshots.physical import Physical
from flyball.snapshots.rows import SeenRows, literal
from flyball.snapshots.source import Staged
from flyball.snapshots.workspace import Workspace, parquet

RESERVED = frozenset({"_key", "_time", "_known_at", "_entity", "_origin", "_outcome"})
"""Columns that a snapshot has of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A feature of the instance table: its name, the source it comes from, and its stored type."""

    name: str
    source: str
    type: Physical


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of the instance table: ``k``, ``t``, ``n``, ``o``, ``e0``…, ``y`` if any, and ``f0``…

    They are key, time, moment at which the outcome was known, origin, entities, outcome and features.
    """

    features: tuple[Feature, ...]
    entities: tuple[str, ...]
    outcome: Physical | None

    @property
    def columns(self) -> list[tuple[str, Physical]]:
        """Every column's name and type, in order."""
        moments = [("t", Physical.MOMENT), ("n", Physical.MOMENT)]
        fixed = [("k", Physical.TEXT), *moments, ("o", Physical.TEXT)]
        entities = [(f"e{i}", Physical.TEXT) for i in range(len(self.entities))]
        outcome = [] if self.outcome is None else [("y", self.outcome)]
        features = [(f"f{i}", feature.type) for i, feature in enumerate(self.features)]
        return [*fixed, *entities, *outcome, *features]


@dataclass(frozen=True, slots=True)
class Join:
    """One join in the making: a declaration, its staged sources, and the moment it is seen from."""

    declaration: type[Endpoint]
    workspace: Workspace
    rows: Staged
    tables: Sequence[tuple[FeatureTable, Staged]]
    as_of: datetime

    def write(self) -> Layout:
        """Write the instance table to the workspace's ``joined`` file. Raises ``DataError``."""
        self._check()
        seen = SeenRows(self.declaration, self.workspace, self.rows, self.as_of)
        features, outcome = self._features(), seen.outcome()
        layout = Layout(
            features=tuple(feature for feature, _ in features),
            entities=self.declaration.entity_columns(),
            outcome=outcome and outcome[1],
        )
        values = [seen.key(), "r.seen", seen.known_at(), "'rows'", *seen.entities()]
        values += [*([outcome[0]] if outcome else ()), *(expression for _, expression in features)]
        selected = ", ".join(
            f"{value} AS {name}" for value, (name, _) in zip(values, layout.columns, strict=True)
        )
        joins = "\n".join(self._join(i, table, staged) for i, (table, staged) in enumerate(self.tables))
        # ASOF compares columns, so the rows' time becomes one first.
        rows = f"(SELECT r.*, {seen.time()} AS seen FROM {parquet(self.rows.path)} r WHERE {seen.known()})"
        self.workspace.save(f"SELECT {selected} FROM {rows} r {joins}", self.workspace.path("joined"))
        return layout

    def _check(self) -> None:
        validation.check_rows(self.workspace, self.rows)
        for table, staged in self.tables:
            validation.check_table(self.workspace, table, staged)

    def _features(self) -> list[tuple[Feature, str]]:
        found = [(self.rows, "request", "r", name) for name in self._own_features()]
        for i, (table, staged) in enumerate(self.tables):
            found += [(staged, table.name, f"t{i}", name) for name in staged.features]
        names = [name for *_, name in found]
        for staged, _, _, name in found:
            if name in RESERVED:
                raise staged.source.fail(f"{name!r} is a column of every snapshot.", "Rename it.")
            if names.count(name) > 1:
                raise staged.source.fail(
                    f"the feature {name!r} comes from another source too.", "Choose with columns=."
                )
        unknown = sorted(set(self.declaration.fields) - set(names))
        if unknown:
            raise DataError(
                f"{self.declaration.__name__}.fields: there is no feature {unknown[0]!r}. "
                f"The features are: {', '.join(names)}."
            )
        return [self._feature(*each) for each in found]

    def _own_features(self) -> tuple[str, ...]:
        """The rows' features: those sent with the call; never the outcome, nor when it was known."""
        outcome = self.declaration.outcome
        hidden = set() if outcome is None else {outcome.column, outcome.time}
        hidden |= (
            {self.rows.source.key, self.rows.source.time} if self.declaration.features is None else set()
        )
        return tuple(name for name in self.rows.features if name not in hidden)

    def _feature(self, staged: Staged, source: str, alias: str, name: str) -> tuple[Feature, str]:
        stated = self.declaration.fields.get(name)
        after = staged.type_of(name)
        if stated is not None and stated.kind is not None:
            after = expressions.stated(staged, name, Kind(stated.kind))
        expression = expressions.converted(self.workspace, staged, name, alias, after)
        return Feature(name=name, source=source, type=after), expression

    def _join(self, i: int, table: FeatureTable, staged: Staged) -> str:
        left, left_type = expressions.as_key(self.workspace, self.rows, table.on, "r")
        right, right_type = expressions.as_key(self.workspace, staged, str(staged.source.key), "s")
        if left_type is not right_type:
            left, right = expressions.as_text(left, left_type), expressions.as_text(right, right_type)
        table_rows = f"FROM {parquet(staged.path)} s"
        inside = f"SELECT s.*, {right} AS entity {table_rows}"
        if not staged.source.time:
            return f"LEFT JOIN ({inside}) t{i} ON {left} = t{i}.entity"
        event = expressions.as_moment(self.workspace, staged, staged.source.time, "s")
        if self.rows.source.time:
            inside = f"SELECT s.*, {right} AS entity, {event} AS since {table_rows}"
            return f"ASOF LEFT JOIN ({inside}) t{i} ON {left} = t{i}.entity AND r.seen >= t{i}.since"
        newest = f"row_number() OVER (PARTITION BY {right} ORDER BY {event} DESC) = 1"
        latest = f"{inside} WHERE {event} <= {literal(self.as_of)} QUALIFY {newest}"
        return f"LEFT JOIN ({latest}) t{i} ON {left} = t{i}.entity"
