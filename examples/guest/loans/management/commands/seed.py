"""``manage.py seed``: invented customers and loans; done once."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from loans.models import Customer, Loan

CUSTOMERS = 300


class Command(BaseCommand):
    """Fills the empty tables; tables with customers are left alone."""

    help = "Fill the empty tables with invented customers and loans."

    def handle(self, *args: Any, **options: Any) -> None:
        """Two loans a customer; large ones on small incomes default more often."""
        if Customer.objects.exists():
            return
        chance = random.Random(0)  # noqa: S311 - invented data, the same for everybody; not a secret
        customers = [
            Customer(pk=number, age=chance.randint(18, 80), income=chance.randint(10_000, 120_000))
            for number in range(1, CUSTOMERS + 1)
        ]
        with transaction.atomic():
            Customer.objects.bulk_create(customers)
            Loan.objects.bulk_create(_loan(chance, customers[n % CUSTOMERS], n) for n in range(2 * CUSTOMERS))


def _loan(chance: random.Random, customer: Customer, number: int) -> Loan:
    amount = chance.randint(1_000, 60_000)
    risk = min(0.95, amount / customer.income * (1.2 if customer.age < 30 else 0.8))
    return Loan(
        customer=customer,
        applied_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number),
        amount=amount,
        purpose=chance.choice(["car", "house", "study"]),
        decision="accept",
        status="defaulted" if chance.random() < risk else "repaid",
    )
