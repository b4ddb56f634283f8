"""Shadows: how far each is, what it answered, and the sums of that. Written by ``stores.shadows``."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models

from flyball.control.declarations.models import endpoint_key
from flyball.domain.records import now


class Shadow(models.Model):
    """A version that answers beside, unseen. It stays when it is one no more: its counts go on later.

    Its predictions are those with an id above ``cursor``; what lies up to ``floor`` is not asked about any
    more. ``begun`` says how often somebody has begun at the cursor without getting on.
    """

    endpoint = endpoint_key("shadows")
    version = models.PositiveIntegerField()
    turn = models.BigIntegerField(default=0, help_text="Grows with each step: of two who take one, one does.")
    cursor = models.UUIDField()
    floor = models.UUIDField()
    begun = models.PositiveIntegerField(default=0)
    outcome_cursor = models.BigIntegerField(default=0, help_text="The last outcome that was looked at.")
    ripe_cursor = models.UUIDField(
        default=UUID(int=0), help_text="The last prediction whose outcome was looked for."
    )
    dropped = models.JSONField(default=dict, help_text="Predictions it was never asked about, by the reason.")
    since = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)  # null: it is a shadow now
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "flyball_shadow"
        ordering = ["endpoint", "version"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "version"], name="flyball_shadow_once")]

    def __str__(self) -> str:
        return f"shadow {self.endpoint_id}@{self.version}"


class ShadowAnswer(models.Model):
    """What a shadow answered to one prediction; never returned to anybody who asks for predictions.

    The losses are those of its outcome, as they were counted; ``unit`` that of the entity, for the one row
    that counts for it.
    """

    prediction = models.UUIDField()
    shadow = models.ForeignKey(Shadow, models.CASCADE, db_column="shadow", related_name="answers")
    output = models.JSONField(null=True)  # null: it did not answer
    decision = models.CharField(max_length=255, null=True)  # null: nothing to decide
    latency = models.PositiveIntegerField(null=True, help_text="The model's, in microseconds.")
    code = models.CharField(max_length=63, blank=True, help_text="Why it did not answer, as in the errors.")
    reason = models.CharField(max_length=500, blank=True)
    loss = models.FloatField(null=True)  # null: no outcome so far
    log_loss = models.FloatField(null=True)
    loss_beside = models.FloatField(null=True)
    log_loss_beside = models.FloatField(null=True)
    unit = models.BigIntegerField(null=True)
    answered_at = models.DateTimeField()
    # Of the predictions first: one is erased by it, and what is old is taken out in its order.
    pk = models.CompositePrimaryKey("prediction", "shadow")

    class Meta:
        db_table = "flyball_shadow_answer"
        indexes = [
            models.Index(
                fields=["shadow", "unit"],
                name="flyball_shadow_unit",
                condition=models.Q(unit__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"answer to {self.prediction}"


class ShadowAgreement(models.Model):
    """The sums of a shadow beside a version under one arm (``domain.shadows.Agreement``)."""

    shadow = models.ForeignKey(Shadow, models.CASCADE, db_column="shadow", related_name="agreements")
    version = models.PositiveIntegerField()
    arm = models.CharField(max_length=16)  # empty: asked for by number
    document = models.JSONField()
    pk = models.CompositePrimaryKey("shadow", "version", "arm")

    class Meta:
        db_table = "flyball_shadow_agreement"

    def __str__(self) -> str:
        return f"beside version {self.version}"


class ShadowHour(models.Model):
    """What a shadow did with the predictions of one hour."""

    shadow = models.ForeignKey(Shadow, models.CASCADE, db_column="shadow", related_name="hours")
    hour = models.BigIntegerField(help_text="Hours since 1970, in UTC.")
    asked = models.BigIntegerField()
    failed = models.BigIntegerField()
    answered = models.BigIntegerField()
    differing = models.BigIntegerField()
    distance = models.FloatField(help_text="How far values lay apart, added up.")
    pk = models.CompositePrimaryKey("shadow", "hour")

    class Meta:
        db_table = "flyball_shadow_hour"

    def __str__(self) -> str:
        return f"hour {self.hour}"
