"""Files of people who ask: their bytes, what became of them, and the columns that they had."""

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
            name="Upload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("size", models.PositiveBigIntegerField(help_text="Bytes, as they were announced.")),
                ("arrived", models.PositiveBigIntegerField(default=0, help_text="Bytes that have arrived.")),
                ("encoding", models.CharField(default="utf-8", max_length=16)),
                (
                    "decimal",
                    models.CharField(
                        blank=True, help_text="What sets off a fraction, once said.", max_length=8
                    ),
                ),
                (
                    "places",
                    models.JSONField(default=list, help_text="For each column its field, or nothing."),
                ),
                (
                    "language",
                    models.CharField(
                        default="en", help_text="Of the reasons for rows left out.", max_length=8
                    ),
                ),
                ("uploaded_at", models.DateTimeField(default=flyball.domain.records.now)),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_column="endpoint",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uploads",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to="flyball_jobs.job",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "flyball_upload",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="UploadAnswers",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("answered", models.JSONField(help_text="Pairs of a row's number and its prediction's id.")),
                (
                    "rejected",
                    models.JSONField(help_text="Row number, field and reason of those that were left out."),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="flyball_asking.upload",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_upload_answers",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="UploadPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="flyball_asking.upload",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_upload_part",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="KnownColumns",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fields", models.JSONField(default=dict)),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_column="endpoint",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="known_columns",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "flyball_known_columns",
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "user"), name="flyball_known_columns_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["endpoint", "uploaded_by", "id"], name="flyball_upload_own"),
        ),
        migrations.AddConstraint(
            model_name="uploadanswers",
            constraint=models.UniqueConstraint(
                fields=("upload", "number"), name="flyball_upload_answers_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="uploadpart",
            constraint=models.UniqueConstraint(fields=("upload", "number"), name="flyball_upload_part_once"),
        ),
    ]
