"""The tables of batches: what was asked and found, and the chunks of each."""

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
            name="Batch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                (
                    "route",
                    models.PositiveIntegerField(help_text="The revision by which it decides and looks up."),
                ),
                ("source", models.TextField(help_text="Where the rows are.")),
                (
                    "out",
                    models.TextField(help_text="Where the answers go; a folder, where it ends with a slash."),
                ),
                ("options", models.JSONField(default=dict)),
                (
                    "plan",
                    models.JSONField(
                        default=dict, help_text="What was found of the rows; empty until they are cut."
                    ),
                ),
                (
                    "counts",
                    models.JSONField(
                        default=dict, help_text="Rows, answered and rejected; empty until it is done."
                    ),
                ),
                ("asked_at", models.DateTimeField(default=flyball.domain.records.now)),
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
                        related_name="batches",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="batches",
                        to="flyball_jobs.job",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "batches",
                "db_table": "flyball_batch",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BatchChunk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("start", models.PositiveBigIntegerField()),
                ("rows", models.PositiveIntegerField()),
                (
                    "claimant",
                    models.CharField(blank=True, help_text="Who answers it, or has.", max_length=127),
                ),
                ("begun_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("rejected", models.PositiveIntegerField(default=0)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="flyball_batches.batch",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_batch_chunk",
                "ordering": ["number"],
            },
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(fields=["endpoint", "id"], name="flyball_batch_newest"),
        ),
        migrations.AddIndex(
            model_name="batchchunk",
            index=models.Index(fields=["batch", "done_at", "number"], name="flyball_batch_chunk_open"),
        ),
        migrations.AddConstraint(
            model_name="batchchunk",
            constraint=models.UniqueConstraint(fields=("batch", "number"), name="flyball_batch_chunk_once"),
        ),
    ]
