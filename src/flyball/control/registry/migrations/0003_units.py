"""Units of builds, and what a build rests on: so that one goes on after a kill."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_registry", "0002_compiling"),
    ]

    operations = [
        migrations.CreateModel(
            name="BuildUnit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("candidate", models.CharField(max_length=63)),
                ("rung", models.PositiveIntegerField(help_text="From 0.")),
                ("point", models.PositiveIntegerField(help_text="1 is the defaults.")),
                (
                    "fold",
                    models.PositiveIntegerField(
                        help_text="From 0; null where all folds are one unit.", null=True
                    ),
                ),
                ("parameters", models.JSONField(default=dict)),
                ("claimant", models.CharField(help_text="Who has begun it last.", max_length=127)),
                ("begun_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "scores",
                    models.JSONField(default=list, help_text="Of each fold; null where it is not defined."),
                ),
                ("seconds", models.FloatField(default=0)),
                ("error", models.TextField(blank=True)),
            ],
            options={
                "db_table": "flyball_build_unit",
                "ordering": ["build", "id"],
            },
        ),
        migrations.AddField(
            model_name="build",
            name="plan",
            field=models.CharField(
                blank=True,
                help_text="SHA-256 of what is searched, and of the code that declares it.",
                max_length=64,
            ),
        ),
        migrations.AddConstraint(
            model_name="candidateresult",
            constraint=models.UniqueConstraint(
                fields=("build", "name"), name="flyball_candidate_result_once"
            ),
        ),
        migrations.AddField(
            model_name="buildunit",
            name="build",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="units",
                to="flyball_registry.build",
            ),
        ),
        migrations.AddConstraint(
            model_name="buildunit",
            constraint=models.UniqueConstraint(
                fields=("build", "candidate", "rung", "point", "fold"), name="flyball_build_unit_fold_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="buildunit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("fold", None)),
                fields=("build", "candidate", "rung", "point"),
                name="flyball_build_unit_once",
            ),
        ),
    ]
