"""What finds the minutes of one endpoint."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_routing", "0004_newest_predictions"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="minute",
            index=models.Index(fields=["endpoint", "name", "minute"], name="flyball_minute_endpoint"),
        ),
    ]
