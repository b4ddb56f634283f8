"""Customers in cities, their orders over time, and loans that are repaid or not."""

from django.db import models


class City(models.Model):
    """Where a customer lives."""

    region = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"city in the {self.region}"


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


class Repaid(models.Manager["Loan"]):
    """Loans that were repaid."""

    def get_queryset(self) -> models.QuerySet["Loan"]:
        """The others are left out."""
        return super().get_queryset().filter(status="repaid")


class Few(models.Manager["Loan"]):
    """The first loans, as no source may choose them."""

    def get_queryset(self) -> models.QuerySet["Loan"]:
        """A slice."""
        return super().get_queryset()[:2]


class Odd(models.Manager["Loan"]):
    """Loans for what no database finds."""

    def get_queryset(self) -> models.QuerySet["Loan"]:
        """By an expression that ends too early."""
        return super().get_queryset().filter(purpose__iregex="[")


class Loan(models.Model):
    """One training row."""

    customer = models.ForeignKey(Customer, models.CASCADE)
    applied_at = models.DateTimeField()
    amount = models.FloatField()
    purpose = models.CharField(max_length=20)
    status = models.CharField(max_length=20, null=True)
    closed_at = models.DateTimeField(null=True)

    objects = models.Manager()
    repaid = Repaid()
    few = Few()
    odd = Odd()


class Visit(models.Model):
    """A customer came by: every kind of enumeration that a model has."""

    class Channel(models.TextChoices):
        """How."""

        WEB = "w", "Web site"
        SHOP = "s", "In the shop"

    channel = models.CharField(max_length=1, choices=Channel, null=True)
    stars = models.IntegerField(choices=[(1, "poor"), (2, "fair"), (3, "good")], null=True)
    grouped = models.CharField(
        max_length=1, choices=[("North", [("n", "Kiel")]), ("m", "Mainz")], default="n"
    )
    city = models.ForeignKey(City, models.PROTECT)
    paid = models.BooleanField(default=False)


class Measure(models.Model):
    """Numbers and moments as far as a database takes them."""

    value = models.FloatField(null=True)
    exact = models.DecimalField(max_digits=400, decimal_places=10, null=True)
    whole = models.BigIntegerField(null=True)
    at = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    target = models.FloatField(null=True)
