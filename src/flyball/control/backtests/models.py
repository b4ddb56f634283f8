"""Backtests with their results, and what a running one has done so far."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from flyball.control.declarations.models import endpoint_key
from flyball.control.jobs.models import Job
from flyball.domain.records import now


class Backtest(models.Model):
    """A version asked for the predictions of a past period. It outlives its job."""

    endpoint = endpoint_key("backtests")
    version = models.PositiveIntegerField()
    start = models.DateTimeField(help_text="A prediction made then is the period's.")
    end = models.DateTimeField(help_text="A prediction made then is the next period's.")
    although_learned = models.BooleanField(
        default=False, help_text="Asked for also where the version learned from the period."
    )
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="backtests")
    result = models.JSONField(default=dict, help_text="Empty until it is done.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=now, help_text="Outcomes count that had been received by then.")
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flyball_backtest"
        ordering = ["-id"]
        indexes = [models.Index(fields=["endpoint", "id"], name="flyball_backtest_newest")]

    def __str__(self) -> str:
        return f"backtest {self.pk} of {self.endpoint_id}@{self.version}"


class BacktestPart(models.Model):
    """Some thousand predictions of a backtest that runs: a kill costs the part that is not written yet.

    Gone with the end of its job.
    """

    backtest = models.ForeignKey(Backtest, models.CASCADE, related_name="parts")
    last = models.UUIDField(null=True, help_text="Where the next part goes on; null after the last one.")
    counts = models.JSONField()
    rows = models.BinaryField(help_text="What scores and estimates need of each row, as numbers.")

    class Meta:
        db_table = "flyball_backtest_part"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"part {self.pk} of {self.backtest_id}"
