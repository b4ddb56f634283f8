"""Links for people without an account, and how often they ask."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flyball.domain.records


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_asking", "0001_initial"),
        ("flyball_declarations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AskedMinute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "who",
                    models.CharField(
                        help_text="What is counted; an address as a digest of this minute.", max_length=127
                    ),
                ),
                ("minute", models.PositiveBigIntegerField()),
                ("count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "db_table": "flyball_asked_minute",
                "constraints": [
                    models.UniqueConstraint(fields=("who", "minute"), name="flyball_asked_minute_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="AskLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "origins",
                    models.JSONField(
                        default=list, help_text="Such as https://www.example.org; none: no site may."
                    ),
                ),
                ("created_at", models.DateTimeField(default=flyball.domain.records.now)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "created_by",
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
                        related_name="ask_links",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "flyball_ask_link",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["endpoint", "id"], name="flyball_ask_link_newest")],
            },
        ),
    ]
