"""The name of an anomaly detection is longer than sixteen letters."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flyball_declarations", "0001_initial")]

    operations = [migrations.AlterField("endpoint", "task", models.CharField(max_length=32))]
