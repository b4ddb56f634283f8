"""The table of drawings."""

import django.db.models.deletion
from django.db import migrations, models

import flyball.domain.records


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("flyball_declarations", "0001_initial"),
        ("flyball_jobs", "0003_newest"),
    ]

    operations = [
        migrations.CreateModel(
            name="Drawing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "subject",
                    models.CharField(help_text="Which chart of what: builds/3/folds.", max_length=127),
                ),
                ("digest", models.CharField(max_length=64)),
                ("document", models.TextField(help_text="The chart in the grammar Vega-Lite, as JSON.")),
                ("svg", models.TextField(blank=True, help_text="Empty until it is drawn.")),
                (
                    "asked_at",
                    models.DateTimeField(
                        default=flyball.domain.records.now, help_text="What it shows is as of then."
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_column="endpoint",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drawings",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drawings",
                        to="flyball_jobs.job",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_drawing",
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "subject"), name="flyball_drawing_once")
                ],
            },
        ),
    ]
