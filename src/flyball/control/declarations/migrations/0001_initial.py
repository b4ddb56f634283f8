"""The first tables."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("flyball_accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=63, unique=True)),
                ("task", models.CharField(max_length=16)),
                ("description", models.TextField(blank=True)),
                ("applied_at", models.DateTimeField(auto_now=True)),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endpoints",
                        to="flyball_accounts.team",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_endpoint",
                "ordering": ["name"],
            },
        ),
    ]
