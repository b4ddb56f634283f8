"""A database's values are read as the kinds that the lookup states."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flyball.domain.schema import Kind
from flyball.domain.values import Scalar
from flyball.stores.lookups import convert


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Kind.BOOLEAN, 1, True),
        (Kind.NUMBER, Decimal("1.50"), 1.5),
        (Kind.INTEGER, 3.0, 3),
        (Kind.TEXT, 3, "3"),
        (Kind.CATEGORY, 3, 3),
        (Kind.TIMESTAMP, "2026-01-31 12:00:00", "2026-01-31T12:00:00.000000Z"),
        (Kind.NUMBER, None, None),
        (Kind.NUMBER, "many", "many"),
        (Kind.INTEGER, "1e999", "1e999"),
        (Kind.TIMESTAMP, "yesterday", "yesterday"),
    ],
)
def test_a_value_is_read_as_its_kind_and_stays_where_it_is_none(
    kind: Kind, value: object, expected: Scalar
) -> None:
    result = convert(kind, value)
    assert result == expected
    assert type(result) is type(expected)
