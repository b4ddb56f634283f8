"""Route revisions; and the tables that only the data plane writes."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from flyball.control.declarations.models import endpoint_key


class RouteRevision(models.Model):
    """One revision of a route: immutable, unique on (endpoint, number). The highest number is in force."""

    class Kind(models.TextChoices):
        """What made a revision: going back knows by it what to step over."""

        PROMOTION = "promotion"
        ROLLBACK = "rollback"
        APPLY = "apply"
        TEST = "test"
        RAMP = "ramp"
        ARMS = "arms"

    endpoint = endpoint_key("route_revisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    document = models.JSONField(help_text="The published route, complete (flyball.domain.routing.Route).")
    reason = models.CharField(max_length=200)
    segment = models.CharField(max_length=63, null=True)  # nothing reads it yet
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "flyball_route"
        ordering = ["endpoint", "number"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "number"], name="flyball_route_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} route {self.number}"


class Prediction(models.Model):
    """One answered request. Written by ``stores.records``; on PostgreSQL partitioned by ranges of ``id``."""

    id = models.UUIDField(primary_key=True)
    endpoint = models.CharField(max_length=63)
    version = models.PositiveIntegerField()
    arm = models.CharField(max_length=16, null=True)  # null: asked for by number
    route = models.PositiveIntegerField()
    segment = models.CharField(max_length=63, null=True)  # nothing reads it yet
    reference = models.CharField(max_length=255, null=True)  # null: none was sent
    entity = models.JSONField()
    entity_key = models.CharField(max_length=1024, null=True)  # null: no entity
    input = models.JSONField(null=True, help_text="Null once erased.")
    output = models.JSONField(null=True, help_text="Null once erased.")
    decision = models.CharField(max_length=255, null=True)  # null: nothing to decide
    latency = models.PositiveIntegerField(null=True, help_text="From call to output, in microseconds.")
    propensity = models.FloatField(null=True, help_text="The probability by which its arm was drawn.")
    test = models.BigIntegerField(null=True, help_text="The A/B test that it belongs to.")
    answered = models.CharField(max_length=16, null=True)  # null: the arm itself
    warnings = models.JSONField()
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flyball_prediction"
        indexes = [
            # The newest of one endpoint among those of all.
            models.Index(fields=["endpoint", "id"], name="flyball_prediction_newest"),
            # Most predictions have neither: each would make every commit write one more page.
            models.Index(
                fields=["endpoint", "reference", "id"],
                name="flyball_prediction_reference",
                condition=models.Q(reference__isnull=False),
            ),
            models.Index(
                fields=["endpoint", "entity_key", "id"],
                name="flyball_prediction_entity",
                condition=models.Q(entity_key__isnull=False),
            ),
            # A test that ended a year ago has all that came since before it in the endpoint's own index.
            models.Index(
                fields=["endpoint", "test", "id"],
                name="flyball_prediction_test",
                condition=models.Q(test__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Minute(models.Model):
    """What was counted in one minute. Written by ``stores.minutes``; minute 0 has the totals."""

    minute = models.BigIntegerField(help_text="Minutes since 1970, in UTC.")
    endpoint = models.CharField(max_length=63)
    version = models.PositiveIntegerField()  # 0: none is known
    arm = models.CharField(max_length=16)  # empty: none
    name = models.CharField(max_length=16)
    label = models.CharField(max_length=255)
    count = models.BigIntegerField()
    pk = models.CompositePrimaryKey("minute", "endpoint", "version", "arm", "name", "label")

    class Meta:
        db_table = "flyball_minute"
        # A page looks at the day of fifty endpoints among those of a thousand.
        indexes = [models.Index(fields=["endpoint", "name", "minute"], name="flyball_minute_endpoint")]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.name} in minute {self.minute}"


class LoadFailure(models.Model):
    """What one process of the data plane did not load. Written by ``stores.failures``, again and again."""

    process = models.UUIDField()
    endpoint = models.CharField(max_length=63)
    host = models.CharField(max_length=255)
    version = models.PositiveIntegerField(null=True)  # null: the route itself cannot be read
    code = models.CharField(max_length=63)
    sentence = models.CharField(max_length=500)
    since = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When its process last wrote it, as a sign of life.")
    pk = models.CompositePrimaryKey("process", "endpoint")

    class Meta:
        db_table = "flyball_load_failure"

    def __str__(self) -> str:
        return f"{self.endpoint} on {self.host}: {self.code}"


class IdempotencyKey(models.Model):
    """What an ``Idempotency-Key`` was answered with, so that a retry gets the same answer."""

    digest = models.CharField(
        max_length=64, primary_key=True, help_text="SHA-256 of team, endpoint and key: keys are not stored."
    )
    request = models.CharField(max_length=64, help_text="HMAC of the request under the key; empty: erased.")
    answer = models.JSONField(
        help_text="The predictions' ids, in the order of the rows; or the counts of the outcomes."
    )
    created_at = models.DateTimeField()

    class Meta:
        db_table = "flyball_idempotency_key"
        indexes = [models.Index(fields=["created_at"], name="flyball_idempotency_created")]

    def __str__(self) -> str:
        return self.digest


class Outcome(models.Model):
    """What really happened, as sent. Corrections append: of one prediction's, the highest ``id`` counts."""

    class State(models.TextChoices):
        """What became of it."""

        BOUND = "bound"
        HELD = "held"
        AMBIGUOUS = "ambiguous"
        UNMATCHED = "unmatched"
        RETRACTED = "retracted"

    class BoundBy(models.TextChoices):
        """What named its prediction."""

        ID = "id"
        REFERENCE = "reference"
        ENTITY = "entity"
        PERSON = "person"

    id = models.BigAutoField(primary_key=True)
    endpoint = models.CharField(max_length=63)
    state = models.CharField(max_length=16, choices=State.choices)
    prediction = models.UUIDField(null=True)  # null: not bound
    bound_by = models.CharField(max_length=16, choices=BoundBy.choices, null=True)  # null: not bound
    reference = models.CharField(max_length=255, null=True)  # null: none was sent
    entity_key = models.CharField(max_length=1024, null=True)  # null: no entity
    occurred_at = models.DateTimeField(null=True)
    value = models.JSONField()
    source = models.CharField(max_length=16, help_text="api, file, or pull (read from the rows themselves).")
    segment = models.CharField(max_length=63, null=True)  # nothing reads it yet
    received_at = models.DateTimeField()

    class Meta:
        db_table = "flyball_outcome"
        indexes = [
            # Many may be held: an index has only the rows that it can find. With the empty ones in it,
            # statistics say that a name is as good as none, and SQLite reads through the table.
            models.Index(
                fields=["endpoint", "prediction"],
                name="flyball_outcome_prediction",
                condition=models.Q(prediction__isnull=False),
            ),
            # The newest of one endpoint among those of all.
            models.Index(fields=["endpoint", "id"], name="flyball_outcome_newest"),
            # Few are not bound, so these stay small; each commit of predictions looks into the first two.
            models.Index(
                fields=["endpoint", "reference"],
                name="flyball_outcome_reference",
                condition=models.Q(prediction=None, reference__isnull=False),
            ),
            models.Index(
                fields=["endpoint", "entity_key"],
                name="flyball_outcome_entity",
                condition=models.Q(prediction=None, entity_key__isnull=False),
            ),
            models.Index(
                fields=["endpoint", "state", "id"],
                name="flyball_outcome_unbound",
                condition=models.Q(prediction=None),
            ),
        ]

    def __str__(self) -> str:
        return f"outcome {self.pk} of {self.endpoint}"


class OutcomeChange(models.Model):
    """A person's word on an outcome: bound by hand, or taken back. Only ever appended."""

    class Kind(models.TextChoices):
        """What was done."""

        RESOLUTION = "resolution"
        RETRACTION = "retraction"

    outcome = models.ForeignKey(Outcome, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    before = models.CharField(max_length=16, choices=Outcome.State.choices, help_text="Its state before.")
    prediction = models.UUIDField(null=True)  # null: a retraction of one that was not bound
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "flyball_outcome_change"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} of outcome {self.outcome_id}"
