"""Visits of customers, who buy things and open sessions: rows, and three feature tables."""

from __future__ import annotations

from django.db import models


class Customer(models.Model):
    """Who comes by: a tenth as many as there are visits."""

    age = models.IntegerField()
    income = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    city = models.CharField(max_length=40)
    born = models.DateField()

    class Meta:
        db_table = "measured_customer"


class Visit(models.Model):
    """One training row."""

    customer = models.ForeignKey(Customer, models.DO_NOTHING, db_constraint=False, db_index=False)
    seen_at = models.DateTimeField()
    amount = models.FloatField()
    purpose = models.CharField(max_length=20)
    repaid = models.BooleanField()

    class Meta:
        db_table = "measured_visit"


class Purchase(models.Model):
    """What a customer bought, as many as there are visits."""

    customer = models.ForeignKey(Customer, models.DO_NOTHING, db_constraint=False, db_index=False)
    created_at = models.DateTimeField()
    total = models.DecimalField(max_digits=12, decimal_places=2)
    returned = models.BooleanField()

    class Meta:
        db_table = "measured_purchase"


class Session(models.Model):
    """A customer on the web site, as many as there are visits."""

    customer = models.ForeignKey(Customer, models.DO_NOTHING, db_constraint=False, db_index=False)
    began_at = models.DateTimeField()
    minutes = models.FloatField()
    browser = models.CharField(max_length=20, null=True)

    class Meta:
        db_table = "measured_session"
