"""Customers and the loans they ask for."""

from django.db import models


class Customer(models.Model):
    """Who asks for loans."""

    age = models.PositiveIntegerField()
    income = models.PositiveIntegerField(help_text="Dollars a year.")

    def __str__(self) -> str:
        return f"customer {self.pk}"


class Loan(models.Model):
    """One loan; ``status`` is empty until it is known."""

    customer = models.ForeignKey(Customer, models.PROTECT)
    applied_at = models.DateTimeField()
    amount = models.PositiveIntegerField(help_text="Dollars.")
    purpose = models.CharField(max_length=10, choices=[(name, name) for name in ("car", "house", "study")])
    decision = models.CharField(max_length=10, blank=True)
    status = models.CharField(max_length=10, null=True)  # null: not known yet

    def __str__(self) -> str:
        return f"loan {self.pk}"
