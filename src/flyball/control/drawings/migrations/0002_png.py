"""Drawings as PNG, too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flyball_drawings", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="drawing",
            name="png",
            field=models.BinaryField(default=b"", help_text="The same in pixels."),
        )
    ]
