"""The clinic's first tables."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Patient",
            fields=[
                ("number", models.AutoField(primary_key=True, serialize=False)),
                ("diagnosis", models.CharField(max_length=9, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Error",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="clinic.patient",
                    ),
                ),
                ("error_radius", models.FloatField()),
                ("error_texture", models.FloatField()),
                ("error_perimeter", models.FloatField()),
                ("error_area", models.FloatField()),
                ("error_smoothness", models.FloatField()),
                ("error_compactness", models.FloatField()),
                ("error_concavity", models.FloatField()),
                ("error_concave_points", models.FloatField()),
                ("error_symmetry", models.FloatField()),
                ("error_fractal_dimension", models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name="Mean",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="clinic.patient",
                    ),
                ),
                ("mean_radius", models.FloatField()),
                ("mean_texture", models.FloatField()),
                ("mean_perimeter", models.FloatField()),
                ("mean_area", models.FloatField()),
                ("mean_smoothness", models.FloatField()),
                ("mean_compactness", models.FloatField()),
                ("mean_concavity", models.FloatField()),
                ("mean_concave_points", models.FloatField()),
                ("mean_symmetry", models.FloatField()),
                ("mean_fractal_dimension", models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name="Worst",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="clinic.patient",
                    ),
                ),
                ("worst_radius", models.FloatField()),
                ("worst_texture", models.FloatField()),
                ("worst_perimeter", models.FloatField()),
                ("worst_area", models.FloatField()),
                ("worst_smoothness", models.FloatField()),
                ("worst_compactness", models.FloatField()),
                ("worst_concavity", models.FloatField()),
                ("worst_concave_points", models.FloatField()),
                ("worst_symmetry", models.FloatField()),
                ("worst_fractal_dimension", models.FloatField()),
            ],
        ),
    ]
