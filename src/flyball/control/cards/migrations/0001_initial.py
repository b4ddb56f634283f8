"""The table of what is written on cards."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flyball.domain.records


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("flyball_declarations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Card",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("revision", models.PositiveIntegerField(help_text="From 1.")),
                ("intended_use", models.TextField(blank=True)),
                ("limits", models.TextField(blank=True)),
                ("owners", models.TextField(blank=True)),
                ("changed_at", models.DateTimeField(default=flyball.domain.records.now)),
                (
                    "changed_by",
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
                        related_name="cards",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_card",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("endpoint", "version", "revision"), name="flyball_card_revision_once"
                    )
                ],
            },
        ),
    ]
