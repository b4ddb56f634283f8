"""Shadows, what they answered, and the sums of that."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flyball.domain.records


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("flyball_declarations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Shadow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                (
                    "turn",
                    models.BigIntegerField(
                        default=0, help_text="Grows with each step: of two who take one, one does."
                    ),
                ),
                ("cursor", models.UUIDField()),
                ("floor", models.UUIDField()),
                ("begun", models.PositiveIntegerField(default=0)),
                (
                    "outcome_cursor",
                    models.BigIntegerField(default=0, help_text="The last outcome that was looked at."),
                ),
                (
                    "ripe_cursor",
                    models.UUIDField(
                        default=uuid.UUID("00000000-0000-0000-0000-000000000000"),
                        help_text="The last prediction whose outcome was looked for.",
                    ),
                ),
                (
                    "dropped",
                    models.JSONField(
                        default=dict, help_text="Predictions it was never asked about, by the reason."
                    ),
                ),
                ("since", models.DateTimeField(default=flyball.domain.records.now)),
                ("ended_at", models.DateTimeField(null=True)),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shadows",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_shadow",
                "ordering": ["endpoint", "version"],
            },
        ),
        migrations.CreateModel(
            name="ShadowAgreement",
            fields=[
                ("version", models.PositiveIntegerField()),
                ("arm", models.CharField(max_length=16)),
                ("document", models.JSONField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "shadow",
                        "version",
                        "arm",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "shadow",
                    models.ForeignKey(
                        db_column="shadow",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="agreements",
                        to="flyball_shadows.shadow",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_shadow_agreement",
            },
        ),
        migrations.CreateModel(
            name="ShadowAnswer",
            fields=[
                ("prediction", models.UUIDField()),
                ("output", models.JSONField(null=True)),
                ("decision", models.CharField(max_length=255, null=True)),
                (
                    "latency",
                    models.PositiveIntegerField(help_text="The model's, in microseconds.", null=True),
                ),
                (
                    "code",
                    models.CharField(
                        blank=True, help_text="Why it did not answer, as in the errors.", max_length=63
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("loss", models.FloatField(null=True)),
                ("log_loss", models.FloatField(null=True)),
                ("loss_beside", models.FloatField(null=True)),
                ("log_loss_beside", models.FloatField(null=True)),
                ("unit", models.BigIntegerField(null=True)),
                ("answered_at", models.DateTimeField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "prediction", "shadow", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "shadow",
                    models.ForeignKey(
                        db_column="shadow",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="flyball_shadows.shadow",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_shadow_answer",
            },
        ),
        migrations.CreateModel(
            name="ShadowHour",
            fields=[
                ("hour", models.BigIntegerField(help_text="Hours since 1970, in UTC.")),
                ("asked", models.BigIntegerField()),
                ("failed", models.BigIntegerField()),
                ("answered", models.BigIntegerField()),
                ("differing", models.BigIntegerField()),
                ("distance", models.FloatField(help_text="How far values lay apart, added up.")),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "shadow", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "shadow",
                    models.ForeignKey(
                        db_column="shadow",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="flyball_shadows.shadow",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_shadow_hour",
            },
        ),
        migrations.AddConstraint(
            model_name="shadow",
            constraint=models.UniqueConstraint(fields=("endpoint", "version"), name="flyball_shadow_once"),
        ),
        migrations.AddIndex(
            model_name="shadowanswer",
            index=models.Index(
                condition=models.Q(("unit__isnull", False)),
                fields=["shadow", "unit"],
                name="flyball_shadow_unit",
            ),
        ),
    ]
