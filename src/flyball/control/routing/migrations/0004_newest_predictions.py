"""What finds the newest predictions of one endpoint."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_routing", "0003_newest"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(fields=["endpoint", "id"], name="flyball_prediction_newest"),
        ),
    ]
