"""Which error a job failed with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flyball_jobs", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="error_code",
            field=models.CharField(blank=True, help_text="As in docs/errors.md.", max_length=63),
        ),
    ]
