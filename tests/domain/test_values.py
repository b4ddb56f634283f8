"""Values have one stored spelling, wherever they come from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest

from flyball.domain.declaration import Outcome
from flyball.domain.values import Scalar, canonical, parse_end, parse_timestamp, snake_case, timestamp_text


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (Decimal("1.50"), 1.5),
        (float("nan"), None),
        (Decimal("NaN"), None),
        (True, True),
        (np.float64(2.5), 2.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (date(2026, 1, 31), "2026-01-31T00:00:00.000000Z"),
        (datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2))), "2026-01-31T10:00:00.000000Z"),
        (datetime(987, 1, 2, tzinfo=UTC), "0987-01-02T00:00:00.000000Z"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_a_value_is_stored_in_one_spelling(value: object, stored: Scalar) -> None:
    result = canonical(value)
    assert result == stored
    assert type(result) is type(stored)


def test_what_is_not_a_scalar_is_refused() -> None:
    with pytest.raises(TypeError, match="A list is not a scalar value"):
        canonical([1])


def test_a_moment_without_a_zone_is_taken_as_utc() -> None:
    naive = datetime(2026, 1, 31, 12)  # noqa: DTZ001 - what a database without zones gives
    assert timestamp_text(naive) == "2026-01-31T12:00:00.000000Z"
    assert parse_timestamp("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00+23:59"])
def test_a_moment_that_no_calendar_has_in_utc_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="In UTC"):
        parse_timestamp(text)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2027-12-31", datetime(2027, 12, 31, 23, 59, 59, 999999, UTC)),
        ("2027-12-31T12:00", datetime(2027, 12, 31, 12, tzinfo=UTC)),
        ("2027-12-31T12:00+02:00", datetime(2027, 12, 31, 10, tzinfo=UTC)),
    ],
)
def test_what_ends_on_a_day_lasts_that_day(text: str, end: datetime) -> None:
    assert parse_end(text) == end


@pytest.mark.parametrize(
    ("text", "duration"), [(None, {}), ("90d", {"days": 90}), ("12h", {"hours": 12}), ("5m", {"minutes": 5})]
)
def test_a_maturity_is_read_with_its_unit(text: str | None, duration: dict[str, int]) -> None:
    assert Outcome("status", matures_after=text).maturity == timedelta(**duration)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CreditRisk", "credit_risk"),
        ("Income", "income"),
        ("HTTPCost", "http_cost"),
        ("Step2Cost", "step2_cost"),
    ],
)
def test_an_endpoint_is_named_after_its_class(name: str, expected: str) -> None:
    assert snake_case(name) == expected
