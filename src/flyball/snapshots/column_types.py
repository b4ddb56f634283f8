"""The five ways a column is stored in a snapshot, and how each source's values become one of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

from flyball.domain.schema import Kind
from flyball.domain.values import parse_timestamp


class ColumnType(StrEnum):
    """A column's stored type, by its name in DuckDB. Moments are UTC, in microseconds."""

    NUMBER = "DOUBLE"
    INTEGER = "BIGINT"
    BOOLEAN = "BOOLEAN"
    TEXT = "VARCHAR"
    MOMENT = "TIMESTAMP"


KIND = {
    ColumnType.NUMBER: Kind.NUMBER,
    ColumnType.INTEGER: Kind.INTEGER,
    ColumnType.BOOLEAN: Kind.BOOLEAN,
    ColumnType.TEXT: Kind.TEXT,
    ColumnType.MOMENT: Kind.TIMESTAMP,
}
"""The kind as which a database's own value is read back."""


def moment(value: Any) -> datetime:
    """A moment in UTC, without its zone, from what databases give. Raises ``ValueError``."""
    if isinstance(value, str):
        value = parse_timestamp(value)
    if isinstance(value, datetime):
        return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, date):
        return datetime.combine(value, time())
    raise ValueError("Expected a moment.")


STORED: dict[ColumnType, Callable[[Any], Any]] = {
    ColumnType.NUMBER: float,
    ColumnType.INTEGER: int,
    ColumnType.BOOLEAN: bool,
    ColumnType.TEXT: str,
    ColumnType.MOMENT: moment,
}
"""How a value that a source gave is stored."""


def fitted(type_: ColumnType, value: Any) -> Any:
    """A recorded value in a column that may have changed its type since: ``None`` where it does not fit."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _fitted_other(type_, value)
    whole = isinstance(value, int) or value.is_integer()
    if type_ is ColumnType.INTEGER and whole:
        return int(value)
    return float(value) if type_ is ColumnType.NUMBER else None


def _fitted_other(type_: ColumnType, value: Any) -> Any:
    if isinstance(value, bool):
        return value if type_ is ColumnType.BOOLEAN else None
    if type_ is ColumnType.MOMENT:
        return _moment_or_none(value)
    return value if type_ is ColumnType.TEXT else None


def _moment_or_none(value: str) -> datetime | None:
    try:
        return moment(value)
    except ValueError:
        return None
