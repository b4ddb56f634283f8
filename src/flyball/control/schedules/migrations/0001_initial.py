"""The tables of schedules and their runs."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flyball.domain.records


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("flyball_declarations", "0001_initial"),
        ("flyball_jobs", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Schedule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=63)),
                ("kind", models.CharField(max_length=63)),
                ("arguments", models.JSONField(default=dict)),
                ("times", models.CharField(max_length=100)),
                (
                    "timezone",
                    models.CharField(help_text="A name of the IANA's, such as Europe/Berlin.", max_length=63),
                ),
                (
                    "is_declared",
                    models.BooleanField(default=False, help_text="Then apply changes it and takes it out."),
                ),
                ("paused_at", models.DateTimeField(null=True)),
                ("next_due_at", models.DateTimeField(null=True)),
                ("last_due_at", models.DateTimeField(help_text="Of its last run.", null=True)),
                ("fault", models.TextField(blank=True, help_text="Why it makes no runs.")),
                ("created_at", models.DateTimeField(default=flyball.domain.records.now)),
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
                        related_name="schedules",
                        to="flyball_declarations.endpoint",
                        to_field="name",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_schedule",
                "ordering": ["endpoint", "name"],
            },
        ),
        migrations.CreateModel(
            name="ScheduledRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due_at", models.DateTimeField()),
                (
                    "is_joined",
                    models.BooleanField(default=False, help_text="The job is that of an earlier run."),
                ),
                (
                    "skipped",
                    models.PositiveIntegerField(
                        default=0, help_text="Earlier due moments that it stands for too."
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="flyball_jobs.job"
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="flyball_schedules.schedule",
                    ),
                ),
            ],
            options={
                "db_table": "flyball_scheduled_run",
                "ordering": ["-due_at"],
            },
        ),
        migrations.AddIndex(
            model_name="schedule",
            index=models.Index(fields=["next_due_at"], name="flyball_schedule_due"),
        ),
        migrations.AddConstraint(
            model_name="schedule",
            constraint=models.UniqueConstraint(
                fields=("endpoint", "name"), name="flyball_schedule_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledrun",
            constraint=models.UniqueConstraint(
                fields=("schedule", "due_at"), name="flyball_scheduled_run_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_joined", False)),
                fields=("job",),
                name="flyball_scheduled_run_job_once",
            ),
        ),
    ]
