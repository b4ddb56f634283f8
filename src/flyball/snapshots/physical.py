"""The five ways a column is stored in a snapshot, and how each source's values become one of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

from flyball.domain.schema import Kind
from flyball.domain.values import parse_timestamp


class Physical(StrEnum):
    """A column's stored type, by its name in DuckDB. Moments are UTC, in microseconds."""

    NUMBER = "DOUBLE"
    INTEGER = "BIGINT"
    BOOLEAN = "BOOLEAN"
    TEXT = "VARCHAR"
    MOMENT = "TIMESTAMP"


KIND = {
    Physical.NUMBER: Kind.NUMBER,
    Physical.INTEGER: Kind.INTEGER,
    Physical.BOOLEAN: Kind.BOOLEAN,
    Physical.TEXT: Kind.TEXT,
    Physical.MOMENT: Kind.TIMESTAMP,
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


STORED: dict[Physical, Callable[[Any], Any]] = {
    Physical.NUMBER: float,
    Physical.INTEGER: int,
    Physical.BOOLEAN: bool,
    Physical.TEXT: str,
    Physical.MOMENT: moment,
}
"""How a value that a source gave is stored."""


def fitted(physical: Physical, value: Any) -> Any:
    """A recorded value in a column that may have changed its type since: ``None`` where it does not fit."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _fitted_other(physical, value)
    whole = isinstance(value, int) or value.is_integer()
    if physical is Physical.INTEGER and whole:
        return int(value)
    return float(value) if physical is Physical.NUMBER else None


def _fitted_other(physical: Physical, value: Any) -> Any:
    if isinstance(value, bool):
        return value if physical is Physical.BOOLEAN else None
    if physical is Physical.MOMENT:
        return _moment_or_none(value)
    return value if physical is Physical.TEXT else None


def _moment_or_none(value: str) -> datetime | None:
    try:
        return moment(value)
    except ValueError:
        return None
