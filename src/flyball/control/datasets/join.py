"""The instance table: rows and feature tables, joined as of each row's time, never from the future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flyball.control.datasets import columns, duplicates
from flyball.control.datasets.file_staging import ROW_NUMBER
from flyball.control.datasets.physical import Physical
from flyball.control.datasets.plan import Staged
from flyball.control.datasets.workspace import Workspace, parquet
from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.domain.errors import DataError
from flyball.domain.schema import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A feature of the instance table: its name, the source it comes from, and its stored type."""

    name: str
    source: str
    type: Physical


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of the instance table: ``k``, ``t``, ``o``, ``e0``…, ``y`` if any, and ``f0``…"""

    features: tuple[Feature, ...]
    entities: tuple[str, ...]
    outcome: Physical | None

    @property
    def columns(self) -> list[tuple[str, Physical]]:
        """Every column's name and type, in order."""
        fixed = [("k", Physical.TEXT), ("t", Physical.MOMENT), ("o", Physical.TEXT)]
        entities = [(f"e{i}", Physical.TEXT) for i in range(len(self.entities))]
        outcome = [] if self.outcome is None else [("y", self.outcome)]
        features = [(f"f{i}", feature.type) for i, feature in enumerate(self.features)]
        return [*fixed, *entities, *outcome, *features]


def instants(moment: datetime) -> str:
    """A moment as a literal of SQL, in UTC."""
    return f"TIMESTAMP '{moment.astimezone(UTC).replace(tzinfo=None).isoformat(' ')}'"


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
        features = self._features()
        outcome = self._outcome()
        layout = Layout(
            features=tuple(feature for feature, _ in features),
            entities=self.declaration.entity_columns(),
            outcome=outcome and outcome[1],
        )
        key, time = self._key(), self._time()
        entities = [
            columns.as_text(*columns.as_key(self.workspace, self.rows, on, "r")) for on in layout.entities
        ]
        values = [key, time, "'rows'", *entities, *([outcome[0]] if outcome else ())]
        values += [expression for _, expression in features]
        selected = ", ".join(
            f"{value} AS {name}" for value, (name, _) in zip(values, layout.columns, strict=True)
        )
        joins = "\n".join(self._join(i, table, staged) for i, (table, staged) in enumerate(self.tables))
        self.workspace.save(
            f"SELECT {selected} FROM {self._seen_rows(time)} r {joins} WHERE {self._known(time)}",
            self.workspace.path("joined"),
        )
        return layout

    def _check(self) -> None:
        duplicates.check_rows(self.workspace, self.rows)
        for table, staged in self.tables:
            duplicates.check_table(self.workspace, table, staged)

    def _key(self) -> str:
        name = self.rows.source.key or ROW_NUMBER
        return columns.as_text(*columns.as_key(self.workspace, self.rows, name, "r"))

    def _time(self) -> str:
        name = self.rows.source.time
        return columns.as_moment(self.workspace, self.rows, name, "r") if name else "CAST(NULL AS TIMESTAMP)"

    def _seen_rows(self, time: str) -> str:
        """The rows with their time as a column, because ASOF compares columns."""
        return f"(SELECT r.*, {time} AS seen FROM {parquet(self.rows.path)} r)"

    def _features(self) -> list[tuple[Feature, str]]:
        found = [(self.rows, "request", "r", name) for name in self._own_features()]
        for i, (table, staged) in enumerate(self.tables):
            found += [(staged, table.name, f"t{i}", name) for name in staged.features]
        names = [name for *_, name in found]
        for staged, _, _, name in found:
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
        type_ = staged.type_of(name)
        after = type_
        if stated is not None and stated.kind is not None:
            possible = columns.CASTS.get((type_, Kind(stated.kind)))
            if possible is None:
                raise staged.source.fail(
                    f"the column {name!r} ({type_.name.lower()}) cannot be read as {stated.kind}.",
                    "State another kind in fields=.",
                )
            after = possible
        expression = columns.converted(self.workspace, staged, name, alias, after)
        return Feature(name=name, source=source, type=after), expression

    def _outcome(self) -> tuple[str, Physical] | None:
        outcome = self.declaration.outcome
        if outcome is None:
            return None
        type_ = self.rows.type_of(outcome.column)
        after = LABELS[self.declaration.task].get(type_)
        if after is None:
            raise self.rows.source.fail(
                f"the outcome {outcome.column!r} is a {type_.name.lower()}.",
                f"{self.declaration.task.capitalize()} learns from another kind of outcome.",
            )
        return columns.converted(self.workspace, self.rows, outcome.column, "r", after), after

    def _known(self, time: str) -> str:
        """Which rows have an outcome that is known and final by now."""
        conditions = ["true"]
        now, outcome = instants(self.as_of), self.declaration.outcome
        if self.rows.source.time:
            conditions.append(f"{time} <= {now}")
        if outcome is not None:
            conditions.append(f"{columns.plain(self.rows, outcome.column, 'r')} IS NOT NULL")
            if outcome.maturity:
                conditions.append(f"{time} <= {instants(self.as_of - outcome.maturity)}")
            if outcome.time:
                known = columns.as_moment(self.workspace, self.rows, outcome.time, "r")
                conditions.append(f"{known} <= {now}")
        return " AND ".join(conditions)

    def _join(self, i: int, table: FeatureTable, staged: Staged) -> str:
        left, left_type = columns.as_key(self.workspace, self.rows, table.on, "r")
        right, right_type = columns.as_key(self.workspace, staged, str(staged.source.key), "s")
        if left_type is not right_type:
            left, right = columns.as_text(left, left_type), columns.as_text(right, right_type)
        if not staged.source.time:
            inside = f"(SELECT s.*, {right} AS entity FROM {parquet(staged.path)} s)"
            return f"LEFT JOIN {inside} t{i} ON {left} = t{i}.entity"
        event = columns.as_moment(self.workspace, staged, staged.source.time, "s")
        inside = f"SELECT s.*, {right} AS entity, {event} AS since FROM {parquet(staged.path)} s"
        if self.rows.source.time:
            return f"ASOF LEFT JOIN ({inside}) t{i} ON {left} = t{i}.entity AND r.seen >= t{i}.since"
        newest = f"row_number() OVER (PARTITION BY {right} ORDER BY {event} DESC) = 1"
        latest = f"{inside} WHERE {event} <= {instants(self.as_of)} QUALIFY {newest}"
        return f"LEFT JOIN ({latest}) t{i} ON {left} = t{i}.entity"


LABELS: dict[str, dict[Physical, Physical]] = {
    "classification": {
        Physical.TEXT: Physical.TEXT,
        Physical.INTEGER: Physical.INTEGER,
        Physical.BOOLEAN: Physical.BOOLEAN,
        Physical.NUMBER: Physical.INTEGER,
    },
    "regression": {Physical.NUMBER: Physical.NUMBER, Physical.INTEGER: Physical.NUMBER},
}
"""How an outcome is stored, by task and by the type it came in; what is not here is refused."""
