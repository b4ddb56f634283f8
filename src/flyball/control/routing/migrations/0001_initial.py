"""The first tables."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from flyball.control.routing.partitions import CreatePartitioned


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("flyball_declarations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256 of team, endpoint and key: keys are not stored.",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "request",
                    models.CharField(
                        help_text="HMAC of the request under the key; empty: erased.", max_length=64
                    ),
                ),
                (
                    "answer",
                    models.JSONField(
                        help_text="The predictions' ids, in the order of the rows; or the counts of the outcomes."
                    ),
                ),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "flyball_idempotency_key",
                "indexes": [models.Index(fields=["created_at"], name="flyball_idempotency_created")],
            },
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("endpoint", models.CharField(max_length=63)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("bound", "Bound"),
                            ("held", "Held"),
                            ("ambiguous", "Ambiguous"),
                            ("unmatched", "Unmatched"),
                            ("retracted", "Retracted"),
                        ],
                        max_length=16,
                    ),
                ),
                ("prediction", models.UUIDField(null=True)),
                (
                    "bound_by",
                    models.CharField(
                        choices=[
                            ("id", "Id"),
                            ("reference", "Reference"),
                            ("entity", "Entity"),
                            ("person", "Person"),
                        ],
                        max_length=16,
                        null=True,
                    ),
                ),
                ("reference", models.CharField(max_length=255, null=True)),
                ("entity_key", models.CharField(max_length=1024, null=True)),
                ("occurred_at", models.DateTimeField(null=True)),
                ("value", models.JSONField()),
                (
                    "source",
                    models.CharField(
                        help_text="api, file, or pull (read from the rows themselves).", max_length=16
                    ),
                ),
                ("segment", models.CharField(max_length=63, null=True)),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "db_table": "flyball_outcome",
                "indexes": [
                    models.Index(
                        condition=models.Q(("prediction__isnull", False)),
                        fields=["endpoint", "prediction"],
                        name="flyball_outcome_prediction",
                    ),
                    models.Index(
                        condition=models.Q(("prediction", None), ("reference__isnull", False)),
                        fields=["endpoint", "reference"],
                        name="flyball_outcome_reference",
                    ),
                    models.Index(
                        condition=models.Q(("entity_key__isnull", False), ("prediction", None)),
                        fields=["endpoint", "entity_key"],
                        name="flyball_outcome_entity",
                    ),
                    models.Index(
                        condition=models.Q(("prediction", None)),
                        fields=["endpoint", "state", "id"],
                        name="flyball_outcome_unbound",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutcomeChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("resolution", "Resolution"), ("retraction", "Retraction")], max_length=16
                    ),
                ),
                (
                    "before",
                    models.CharField(
                        choices=[
                            ("bound", "Bound"),
                            ("held", "Held"),
                            ("ambiguous", "Ambiguous"),
                            ("unmatched", "Unmatched"),
                            ("retracted", "Retracted"),
                        ],
                        help_text="Its state before.",
                        max_length=16,
                    ),
                ),
                ("prediction", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "outcome",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="flyball_routing.outcome",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_outcome_change",
                "ordering": ["id"],
            },
        ),
        CreatePartitioned(
            name="Prediction",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("endpoint", models.CharField(max_length=63)),
                ("version", models.PositiveIntegerField()),
                ("arm", models.CharField(max_length=16, null=True)),
                ("route", models.PositiveIntegerField()),
                ("segment", models.CharField(max_length=63, null=True)),
                ("reference", models.CharField(max_length=255, null=True)),
                ("entity", models.JSONField()),
                ("entity_key", models.CharField(max_length=1024, null=True)),
                ("input", models.JSONField(help_text="Null once erased.", null=True)),
                ("output", models.JSONField(help_text="Null once erased.", null=True)),
                ("decision", models.CharField(max_length=255, null=True)),
                (
                    "latency",
                    models.PositiveIntegerField(help_text="From call to output, in microseconds.", null=True),
                ),
                (
                    "propensity",
                    models.FloatField(help_text="The probability by which its arm was drawn.", null=True),
                ),
                ("test", models.BigIntegerField(help_text="The A/B test that it belongs to.", null=True)),
                ("warnings", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("erased_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "flyball_prediction",
                "indexes": [
                    models.Index(
                        fields=["endpoint", "reference", "id"],
                        name="flyball_prediction_reference",
                        condition=models.Q(("reference__isnull", False)),
                    ),
                    models.Index(
                        fields=["endpoint", "entity_key", "id"],
                        name="flyball_prediction_entity",
                        condition=models.Q(("entity_key__isnull", False)),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RouteRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("promotion", "Promotion"),
                            ("rollback", "Rollback"),
                            ("apply", "Apply"),
                            ("test", "Test"),
                            ("ramp", "Ramp"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "document",
                    models.JSONField(
                        help_text="The published route, complete (flyball.domain.routing.Route)."
                    ),
                ),
                ("reason", models.CharField(max_length=200)),
                ("segment", models.CharField(max_length=63, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_column="endpoint",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="route_revisions",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_route",
                "ordering": ["endpoint", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "number"), name="flyball_route_number_once")
                ],
            },
        ),
    ]
