"""The table of diagnoses."""

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
            name="Diagnosis",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                (
                    "on",
                    models.PositiveIntegerField(help_text="The version whose build has held the rows out."),
                ),
                ("snapshot", models.CharField(help_text="SHA-256 of the snapshot's content.", max_length=64)),
                ("seed", models.BigIntegerField()),
                (
                    "found",
                    models.JSONField(default=dict, help_text="Tables by name; empty until it is done."),
                ),
                ("seconds", models.FloatField(help_text="How long computing them took.", null=True)),
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
                        related_name="diagnoses",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="diagnoses",
                        to="flyball_jobs.job",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "diagnoses",
                "db_table": "flyball_diagnosis",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("endpoint", "version", "snapshot", "seed"), name="flyball_diagnosis_once"
                    )
                ],
            },
        ),
    ]
