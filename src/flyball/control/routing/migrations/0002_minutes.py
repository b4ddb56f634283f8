"""Counts by the minute."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_routing", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Minute",
            fields=[
                ("minute", models.BigIntegerField(help_text="Minutes since 1970, in UTC.")),
                ("endpoint", models.CharField(max_length=63)),
                ("version", models.PositiveIntegerField()),
                ("arm", models.CharField(max_length=16)),
                ("name", models.CharField(max_length=16)),
                ("label", models.CharField(max_length=255)),
                ("count", models.BigIntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "minute",
                        "endpoint",
                        "version",
                        "arm",
                        "name",
                        "label",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "db_table": "flyball_minute",
            },
        ),
    ]
