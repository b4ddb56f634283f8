"""The table of jobs."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

import flyball.domain.records


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("flyball_accounts", "0001_initial"),
        ("flyball_declarations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=63)),
                ("queue", models.CharField(max_length=63)),
                ("arguments", models.JSONField(default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=16,
                    ),
                ),
                ("due_at", models.DateTimeField(default=flyball.domain.records.now)),
                (
                    "published_at",
                    models.DateTimeField(help_text="When a worker was last woken for it.", null=True),
                ),
                (
                    "progress",
                    models.FloatField(help_text="From 0 to 1; null where nobody knows.", null=True),
                ),
                ("message", models.CharField(blank=True, max_length=200)),
                (
                    "log",
                    models.TextField(blank=True, help_text="Its end: what is longer loses its beginning."),
                ),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveIntegerField(help_text="How often it is begun at most.")),
                ("token", models.PositiveBigIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("cancel_requested_at", models.DateTimeField(null=True)),
                (
                    "result",
                    models.JSONField(default=dict, help_text="Also what a job keeps for its next attempt."),
                ),
                ("error", models.TextField(blank=True)),
                ("asked_at", models.DateTimeField(default=flyball.domain.records.now)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="flyball_accounts.team",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_job",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["status", "due_at"], name="flyball_job_due"),
                    models.Index(fields=["endpoint", "id"], name="flyball_job_endpoint"),
                    models.Index(fields=["team", "id"], name="flyball_job_team"),
                ],
            },
        ),
    ]
