"""The first tables."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("flyball_datasets", "0001_initial"),
        ("flyball_declarations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Artifact",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("size", models.PositiveBigIntegerField(help_text="Bytes.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "flyball_artifact",
            },
        ),
        migrations.CreateModel(
            name="ArtifactPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
            ],
            options={
                "db_table": "flyball_artifact_part",
                "constraints": [
                    models.UniqueConstraint(fields=("digest", "number"), name="flyball_artifact_part_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Build",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                (
                    "arguments",
                    models.JSONField(default=dict, help_text="What was asked for beyond the declaration."),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("seed", models.BigIntegerField()),
                ("metric", models.CharField(max_length=63)),
                (
                    "environment",
                    models.JSONField(default=dict, help_text="Code commit, Python and library versions."),
                ),
                (
                    "reproducible",
                    models.BooleanField(default=True, help_text="False where time ended a search."),
                ),
                ("error", models.TextField(blank=True)),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="builds",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        help_text="Null until it is taken.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="builds",
                        to="flyball_datasets.snapshot",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_build",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="CandidateResult",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=63)),
                ("rank", models.PositiveIntegerField(null=True)),
                ("parameters", models.JSONField(default=dict)),
                ("fold_scores", models.JSONField(default=list)),
                ("held_out_score", models.FloatField(null=True)),
                ("trials", models.PositiveIntegerField(default=0)),
                ("stopped_by_time", models.BooleanField(default=False)),
                ("seconds", models.FloatField(default=0)),
                ("error", models.TextField(blank=True)),
                ("manifest", models.JSONField(null=True)),
                (
                    "build",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="flyball_registry.build",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_candidate_result",
                "ordering": ["build", "rank"],
            },
        ),
        migrations.CreateModel(
            name="Version",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "manifest",
                    models.JSONField(help_text="What a server needs to load it and to prove it loaded."),
                ),
                (
                    "facts",
                    models.JSONField(
                        help_text="Scores, parameters, snapshot, environment: what export carries."
                    ),
                ),
                ("segment", models.CharField(max_length=63, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("archived_at", models.DateTimeField(null=True)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "candidate",
                    models.ForeignKey(
                        help_text="Null if imported.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="flyball_registry.candidateresult",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_column="endpoint",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_version",
                "ordering": ["endpoint", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "number"), name="flyball_version_number_once")
                ],
            },
        ),
    ]
