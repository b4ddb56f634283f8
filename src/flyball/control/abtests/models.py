"""A/B tests, the units that were exposed to them, and what was added up of those."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from flyball.control.accounts.models import Team
from flyball.control.declarations.models import endpoint_key
from flyball.domain.abtests.assignment import SLOTS


class Layer(models.Model):
    """Units that tests share so that none is in two of them; some are held out of all."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="layers")
    name = models.CharField(max_length=63)
    held_out = models.PositiveIntegerField(help_text="Slots that no test gets, the first ones.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "flyball_abtest_layer"
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="flyball_abtest_layer_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def share(self) -> float:
        """The part of all units that is held out."""
        return self.held_out / SLOTS

    @property
    def salt(self) -> str:
        """What its slots are drawn with."""
        return f"layer {self.team_id} {self.name}"


class ABTest(models.Model):
    """One test of an endpoint, unique on (endpoint, number).

    Which units belonged to which arm when is not said here: route revisions do, and they never change.
    """

    endpoint = endpoint_key("abtests")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=63, null=True)  # null: it was started by hand
    declared = models.CharField(max_length=64, blank=True, help_text="Digest of what was declared of it.")
    before = models.PositiveIntegerField(help_text="The route revision in force when it was made.")
    spec = models.JSONField(help_text="What it compares and when it stops (control.abtests.spec.Spec).")
    layer = models.ForeignKey(Layer, models.PROTECT, null=True, related_name="tests")
    layer_slots = models.JSONField(default=list, help_text="Runs of the layer's slots that it has.")
    cursor = models.JSONField(default=dict, help_text="Up to where predictions were read, and units counted.")
    verdict = models.JSONField(null=True, help_text="The newest.")  # null: not looked at yet
    decided_at = models.DateTimeField(null=True, help_text="When a verdict was final.")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.PositiveIntegerField(null=True, help_text="The route revision that ended it.")
    next_look_at = models.DateTimeField(null=True, help_text="Empty once it has ended.")
    trouble = models.CharField(max_length=500, blank=True, help_text="Why the last look came to nothing.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "flyball_abtest"
        ordering = ["endpoint", "number"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "number"], name="flyball_abtest_once"),
            models.UniqueConstraint(fields=["endpoint", "name"], name="flyball_abtest_named_once"),
        ]
        indexes = [models.Index(fields=["next_look_at"], name="flyball_abtest_due")]

    def __str__(self) -> str:
        return f"{self.endpoint_id} A/B test {self.number}"


class Exposure(models.Model):
    """One unit of a test, once: where it was assigned when it came first. Its predictions are one cluster.

    ``unit`` is its identity (``domain.abtests.assignment.identity``), so that no name is kept here: who it is
    say its predictions, until they are erased.
    """

    test = models.ForeignKey(ABTest, models.CASCADE, related_name="exposures")
    unit = models.CharField(max_length=32)
    stratum = models.PositiveIntegerField()
    arm = models.CharField(max_length=63)
    exposed_at = models.DateTimeField()
    prediction = models.UUIDField(help_text="Its first.")
    more = models.JSONField(null=True, help_text="Further ones that count, the first hundred.")
    predictions = models.PositiveIntegerField(default=1)
    pk = models.CompositePrimaryKey("test_id", "unit")

    class Meta:
        db_table = "flyball_abtest_exposure"
        indexes = [models.Index(fields=["test", "exposed_at", "unit"], name="flyball_abtest_exposed")]

    def __str__(self) -> str:
        return f"a unit of A/B test {self.test_id}"


class Sums(models.Model):
    """What was added up of one metric, by stratum and arm; of the metric "" the units themselves."""

    test = models.ForeignKey(ABTest, models.CASCADE, related_name="sums")
    metric = models.CharField(max_length=80, blank=True)
    stratum = models.PositiveIntegerField()
    arm = models.CharField(max_length=63)
    document = models.JSONField()
    pk = models.CompositePrimaryKey("test_id", "metric", "stratum", "arm")

    class Meta:
        db_table = "flyball_abtest_sums"

    def __str__(self) -> str:
        return f"{self.metric or 'units'} of {self.arm} in A/B test {self.test_id}"


class Look(models.Model):
    """What one look at a test saw: intervals and the state, for the band over time."""

    test = models.ForeignKey(ABTest, models.CASCADE, related_name="looks")
    at = models.DateTimeField()
    document = models.JSONField()

    class Meta:
        db_table = "flyball_abtest_look"
        ordering = ["test", "at"]
        indexes = [models.Index(fields=["test", "at"], name="flyball_abtest_look_at")]

    def __str__(self) -> str:
        return f"a look at A/B test {self.test_id}"
