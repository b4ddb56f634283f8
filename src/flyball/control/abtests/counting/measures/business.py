"""Metrics of the business: what rows of the project's own tables say of each unit."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldError, ValidationError
from django.db import DatabaseError, connection, transaction
from django.db import DataError as BadValue
from django.db.models import Field, ForeignKey, Model

from flyball.control.abtests.counting.accumulating import Pair
from flyball.control.abtests.counting.measures.units import SOME, Brought, Unit
from flyball.control.datasets.sources.query_source import OIDS, inner
from flyball.control.routing.models import Prediction
from flyball.domain.abtests.metrics import Metric, Shape
from flyball.domain.errors import DataError
from flyball.domain.routing import unit_text
from flyball.domain.values import Scalar, canonical, parse_timestamp, unpointed
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.expressions import quoted

DAY = timedelta(days=1)


class Event(NamedTuple):
    """One row of the business: whose, when, how much, and how much of the second column (1 without one)."""

    unit: str
    at: datetime
    value: float
    per: float


@dataclass(frozen=True, slots=True)
class Business:
    """A declared metric: the sum of a unit's rows from its first prediction on, until ``within`` is over.

    A unit without rows is worth 0. ``column`` is the test's unit.
    """

    metric: Metric
    column: str

    @property
    def name(self) -> str:
        """The metric's."""
        return self.metric.name

    @property
    def shape(self) -> Shape:
        """What is added up."""
        return self.metric.shape

    @property
    def within(self) -> float:
        """Seconds."""
        return self.metric.period.total_seconds()

    def of(self, units: Sequence[Unit]) -> list[Brought]:
        """The sum, and that of the second column or of the time before; by the day without the latter.

        Raises ``DataError``.
        """
        named = self._named(units)
        events = self._events(set(named.values()))
        return [
            self._of(unit.exposed_at, events[str(unit_text(named[unit.identity]))])
            if unit.identity in named
            else Brought(None)
            for unit in units
        ]

    def _of(self, exposed_at: datetime, events: Iterable[Event]) -> Brought:
        own = list(events)
        until, since = exposed_at + self.metric.period, exposed_at - self.metric.prelude
        during = [each for each in own if exposed_at <= each.at < until]
        by_day: dict[int, list[Event]] = {day: [] for day in range(math.ceil(self.metric.period / DAY))}
        for each in during:
            by_day[(each.at - exposed_at) // DAY].append(each)
        days = {day: self._pair(every) for day, every in by_day.items()}
        if not self.metric.before:
            return Brought(self._pair(during), days)
        earlier = math.fsum(each.value for each in own if since <= each.at < exposed_at)
        return Brought((self._pair(during)[0], self._bounded(earlier)), days)

    def _pair(self, events: Sequence[Event]) -> Pair:
        value = self._bounded(math.fsum(each.value for each in events))
        return value, math.fsum(each.per for each in events) if self.metric.per else 0.0

    def _bounded(self, value: float) -> float:
        low = -math.inf if self.metric.low is None else self.metric.low
        return min(max(value, low), math.inf if self.metric.high is None else self.metric.high)

    def _named(self, units: Sequence[Unit]) -> dict[str, Scalar]:
        """What names each unit, by its first prediction; nothing of one that was erased."""
        found: dict[UUID, Scalar] = {}
        wanted = [unit.predictions[0] for unit in units]
        for start in range(0, len(wanted), SOME):
            rows = Prediction.objects.filter(pk__in=wanted[start : start + SOME], erased_at=None)
            for of, entity, values, reference in rows.values_list("id", "entity", "input", "reference"):
                found[of] = self._name(entity or {}, values or {}, reference)
        named = {unit.identity: found.get(unit.predictions[0]) for unit in units}
        return {identity: value for identity, value in named.items() if value is not None}

    def _name(self, entity: Mapping[str, Any], values: Mapping[str, Any], reference: str | None) -> Scalar:
        if self.column:
            found: Scalar = entity.get(self.column, values.get(self.column))
        elif len(entity) > 1:
            found = entity.get(self.metric.on)
        else:
            found = next(iter(entity.values()), reference)
        return found

    def _events(self, names: set[Scalar]) -> Mapping[str, list[Event]]:
        events: dict[str, list[Event]] = defaultdict(list)
        wanted = sorted(names, key=str)
        for start in range(0, len(wanted), SOME):
            for row in self._rows(wanted[start : start + SOME]):
                event = self._event(*row)
                if event is not None:
                    events[event.unit].append(event)
        return events

    def _event(self, on: Any, at: Any, value: Any = 1, per: Any = 1) -> Event | None:
        if on is None or at is None or value is None or per is None:
            return None
        try:
            moment = parse_timestamp(str(canonical(at)))
            numbers = float(value), float(per)
        except (TypeError, ValueError):
            raise self._failed("a row's time or value cannot be read.") from None
        if not all(map(math.isfinite, numbers)):
            raise self._failed("a row's value is not finite.")
        return Event(str(unit_text(canonical(on))), moment, *numbers)

    def _rows(self, names: Sequence[Scalar]) -> Iterable[Sequence[Any]]:
        try:
            return self._of_model(names) if self.metric.model else self._of_query(names)
        except BadValue:
            raise self._failed("the database cannot read a value.") from None  # its reason repeats it
        except (DatabaseError, FieldError) as error:
            raise self._failed(f"reading its rows fails: {error}") from error

    def _columns(self) -> list[str]:
        metric = self.metric
        columns = [metric.on, metric.time, *([metric.value] if metric.value else [])]
        return [*columns, metric.per] if metric.per else columns

    def _of_model(self, names: Sequence[Scalar]) -> list[Sequence[Any]]:
        model: type[Model] = apps.get_model(self.metric.model)
        field = _field(model, self.metric.on)
        keys = [key for name in names if (key := _as_field(field, name)) is not None]
        rows = model._default_manager.filter(**{f"{self.metric.on}__in": keys})
        return list(rows.values_list(*self._columns()))

    def _of_query(self, names: Sequence[Scalar]) -> list[Sequence[Any]]:
        query = inner(self.metric.query).replace("%", "%%")
        is_lite = connection.vendor == "sqlite"
        # An atomic block takes SQLite's one lock; on PostgreSQL it keeps a failure to itself.
        with nullcontext() if is_lite else transaction.atomic(), connection.cursor() as cursor:
            keys = _either(names) if is_lite else self._as_column(cursor, query, names)
            marks = ", ".join(["%s"] * len(keys)) or "NULL"
            columns = ", ".join(f"flyball_query.{quoted(name)}" for name in self._columns())
            on = f"flyball_query.{quoted(self.metric.on)}"
            cursor.execute(
                f"SELECT {columns} FROM ({query}) AS flyball_query WHERE {on} IN ({marks})",  # noqa: S608 - declared
                keys,
            )
            return list(cursor.fetchall())

    def _as_column(self, cursor: Any, query: str, names: Sequence[Scalar]) -> list[Any]:
        """The names as PostgreSQL compares them with the column; what it could not be is left out."""
        on = quoted(self.metric.on)
        cursor.execute(f"SELECT flyball_query.{on} FROM ({query}) AS flyball_query LIMIT 0", [])  # noqa: S608 - declared
        declared, stored = OIDS.get(cursor.description[0].type_code, ("", ColumnType.TEXT))
        if declared == "uuid":
            return [key for name in names if (key := _uuid(name)) is not None]
        texts = [unpointed(str(unit_text(name))) for name in names]
        if stored in {ColumnType.INTEGER, ColumnType.NUMBER}:
            return [int(text) for text in texts if _is_whole(text)]
        return texts

    def _failed(self, why: str) -> DataError:
        return DataError(f"Metric {self.name}: {why}")


def _field(model: type[Model], path: str) -> Field[Any, Any] | None:
    """The field that ``on`` names; ``None`` of one that lies beyond another model."""
    for field in model._meta.concrete_fields:
        if path in {field.name, field.attname}:
            return field.target_field if isinstance(field, ForeignKey) else field
    return None


def _as_field(field: Field[Any, Any] | None, name: Scalar) -> Any:
    if field is None:
        return name
    try:
        return field.to_python(unit_text(name))
    except (ValidationError, ValueError, TypeError):
        return None


def _either(names: Sequence[Scalar]) -> list[Any]:
    """As text, and whole numbers as numbers too: SQLite compares what a query gives without converting it."""
    texts = [str(unit_text(name)) for name in names]
    return [*texts, *(int(text) for text in texts if _is_whole(text))]


def _is_whole(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 19


def _uuid(name: Scalar) -> UUID | None:
    try:
        return UUID(str(name))
    except ValueError:
        return None
