"""The first tables."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("flyball_declarations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="OnlineRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("endpoint", models.CharField(max_length=63)),
                ("feature_table", models.CharField(max_length=63)),
                ("key", models.CharField(max_length=255)),
                (
                    "load",
                    models.PositiveBigIntegerField(help_text="Rows of an earlier load have left the file."),
                ),
                ("values", models.JSONField()),
            ],
            options={
                "db_table": "flyball_online_row",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("endpoint", "feature_table", "key"), name="flyball_online_row_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("row_count", models.PositiveBigIntegerField()),
                (
                    "outcome_count",
                    models.PositiveBigIntegerField(help_text="Rows that are recorded predictions."),
                ),
                ("schema", models.JSONField()),
                (
                    "profile",
                    models.JSONField(help_text="Per column: count, missing, quantiles or categories."),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_column="endpoint",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="snapshots",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_snapshot",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "digest"), name="flyball_snapshot_once")
                ],
            },
        ),
    ]
