"""Why a candidate was given up before its folds on all rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_registry", "0003_units"),
    ]

    operations = [
        migrations.AddField(
            model_name="candidateresult",
            name="ended",
            field=models.TextField(
                blank=True, default="", help_text="Why it was given up before its folds on all rows."
            ),
            preserve_default=False,
        ),
    ]
