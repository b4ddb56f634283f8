"""What processes did not load."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_routing", "0005_minutes_of_endpoints"),
    ]

    operations = [
        migrations.CreateModel(
            name="LoadFailure",
            fields=[
                ("process", models.UUIDField()),
                ("endpoint", models.CharField(max_length=63)),
                ("host", models.CharField(max_length=255)),
                ("version", models.PositiveIntegerField(null=True)),
                ("code", models.CharField(max_length=63)),
                ("sentence", models.CharField(max_length=500)),
                ("since", models.DateTimeField()),
                (
                    "seen_at",
                    models.DateTimeField(help_text="When its process last wrote it, as a sign of life."),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "process", "endpoint", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "db_table": "flyball_load_failure",
            },
        ),
    ]
