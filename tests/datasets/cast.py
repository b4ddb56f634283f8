"""The shop's cast: Ann, Bob and Cem, with orders and loans at known moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.shop.models import City, Customer, Loan, Order

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    """A moment so many days after the start."""
    return START + timedelta(days=number)


@dataclass(frozen=True)
class Shop:
    """Ann and Bob have orders, Cem has none; each has one loan, on day 10."""

    ann: Customer
    bob: Customer
    cem: Customer

    @property
    def customers(self) -> tuple[Customer, Customer, Customer]:
        """All three."""
        return self.ann, self.bob, self.cem


def open_shop() -> Shop:
    """Fill the shop's tables."""
    north, south = City.objects.create(region="north"), City.objects.create(region="south")
    ann = Customer.objects.create(
        age=31, vip=True, income=Decimal("1000.50"), born=date(1995, 3, 1), city=north
    )
    bob = Customer.objects.create(age=47, vip=False, income=None, born=None, city=south)
    cem = Customer.objects.create(age=22, vip=False, income=Decimal("30"), born=date(2004, 2, 29), city=south)
    for customer, moments in ((ann, (1, 5, 20)), (bob, (2.5,))):
        for number in moments:
            order(customer, number, total=Decimal(f"{number}.25") if number != 2.5 else Decimal("2.10"))
    for customer, status in ((ann, "repaid"), (bob, "defaulted"), (cem, "repaid")):
        loan(customer, 10, status=status)
    return Shop(ann, bob, cem)


def order(customer: Customer, number: float, total: Decimal, returned: bool | None = None) -> Order:
    """An order of a customer, so many days after the start."""
    flag = number == 5 if returned is None else returned
    return Order.objects.create(customer=customer, created_at=day(number), total=total, returned=flag)


def loan(customer: Customer, number: float, status: str | None = "repaid", **values: Any) -> Loan:
    """A loan of a customer, so many days after the start, closed a day later."""
    defaults = {"amount": 100.0 * customer.age, "purpose": "car", "closed_at": day(number + 1)}
    return Loan.objects.create(
        customer=customer, applied_at=day(number), status=status, **(defaults | values)
    )


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """Rows as a CSV file, as pandas would write them."""
    lines = [",".join(rows[0])]
    lines += [",".join("" if value is None else str(value) for value in row.values()) for row in rows]
    path.write_text("\n".join(lines) + "\n")


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    """Rows as a Parquet file."""
    pq.write_table(pa.Table.from_pylist(rows), path)


def orders_as_rows() -> list[dict[str, Any]]:
    """The orders as they would be exported."""
    return [
        {
            "customer_id": each.customer_id,
            "created_at": each.created_at.replace(tzinfo=None),
            "total": float(each.total),
            "returned": each.returned,
        }
        for each in Order.objects.order_by("id")
    ]
