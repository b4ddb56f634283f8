"""What finds the newest of one endpoint."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_routing", "0002_minutes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(fields=["endpoint", "id"], name="flyball_outcome_newest"),
        ),
    ]
