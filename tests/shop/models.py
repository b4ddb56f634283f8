"""Customers in cities, their orders over time, and loans that are repaid or not."""

from django.db import models


class City(models.Model):
    """Where a customer lives."""

    region = models.CharField(max_length=40)


class Customer(models.Model):
    """Who takes a loan: one row a customer, never changed while a test runs."""

    age = models.IntegerField()
    vip = models.BooleanField(default=False)
    income = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    born = models.DateField(null=True)
    city = models.ForeignKey(City, models.PROTECT)


class Order(models.Model):
    """The state of a customer's orders from ``created_at`` on."""

    customer = models.ForeignKey(Customer, models.CASCADE)
    created_at = models.DateTimeField()
    total = models.DecimalField(max_digits=12, decimal_places=2)
    returned = models.BooleanField(default=False)


class Loan(models.Model):
    """One training row."""

    customer = models.ForeignKey(Customer, models.CASCADE)
    applied_at = models.DateTimeField()
    amount = models.FloatField()
    purpose = models.CharField(max_length=20)
    status = models.CharField(max_length=20, null=True)
    closed_at = models.DateTimeField(null=True)
