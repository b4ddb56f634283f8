"""The first tables of loans."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("age", models.PositiveIntegerField()),
                ("income", models.PositiveIntegerField(help_text="Dollars a year.")),
            ],
        ),
        migrations.CreateModel(
            name="Loan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("applied_at", models.DateTimeField()),
                ("amount", models.PositiveIntegerField(help_text="Dollars.")),
                (
                    "purpose",
                    models.CharField(
                        choices=[("car", "car"), ("house", "house"), ("study", "study")], max_length=10
                    ),
                ),
                ("decision", models.CharField(blank=True, max_length=10)),
                ("status", models.CharField(max_length=10, null=True)),
                (
                    "customer",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="loans.customer"),
                ),
            ],
        ),
    ]
