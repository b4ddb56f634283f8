"""The tables of backtests: what was asked and found, and parts of those that run."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flyball.domain.records


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("flyball_declarations", "0001_initial"),
        ("flyball_jobs", "0003_newest"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Backtest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("start", models.DateTimeField(help_text="A prediction made then is the period's.")),
                ("end", models.DateTimeField(help_text="A prediction made then is the next period's.")),
                (
                    "although_learned",
                    models.BooleanField(
                        default=False, help_text="Asked for also where the version learned from the period."
                    ),
                ),
                ("result", models.JSONField(default=dict, help_text="Empty until it is done.")),
                (
                    "asked_at",
                    models.DateTimeField(
                        default=flyball.domain.records.now,
                        help_text="Outcomes count that had been received by then.",
                    ),
                ),
                ("done_at", models.DateTimeField(null=True)),
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
                        related_name="backtests",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="backtests",
                        to="flyball_jobs.job",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_backtest",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BacktestPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "last",
                    models.UUIDField(
                        help_text="Where the next part goes on; null after the last one.", null=True
                    ),
                ),
                ("counts", models.JSONField()),
                (
                    "rows",
                    models.BinaryField(help_text="What scores and estimates need of each row, as numbers."),
                ),
                (
                    "backtest",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="flyball_backtests.backtest",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_backtest_part",
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="backtest",
            index=models.Index(fields=["endpoint", "id"], name="flyball_backtest_newest"),
        ),
    ]
