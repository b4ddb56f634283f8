"""What compiling a candidate has shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flyball_registry", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="candidateresult",
            name="compiling",
            field=models.JSONField(default=dict, help_text="What compiling it has shown."),
        ),
    ]
