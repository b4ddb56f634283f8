"""Files that are sent here for a batch."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flyball.domain.records


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_batches", "0001_initial"),
        ("flyball_declarations", "0002_longer_tasks"),
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
                ("key", models.CharField(help_text="The name of its folder.", max_length=32, unique=True)),
                (
                    "name",
                    models.CharField(help_text="What it was called where it came from.", max_length=255),
                ),
                ("bytes", models.PositiveBigIntegerField()),
                ("uploaded_at", models.DateTimeField(db_index=True, default=flyball.domain.records.now)),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_column="endpoint",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batch_uploads",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "flyball_batch_upload",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="batch",
            name="upload",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="batches",
                to="flyball_batches.upload",
            ),
        ),
    ]
