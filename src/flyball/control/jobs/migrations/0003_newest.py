"""What finds the newest of one endpoint."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_accounts", "0002_invitations"),
        ("flyball_declarations", "0001_initial"),
        ("flyball_jobs", "0002_error_code"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["endpoint", "kind", "id"], name="flyball_job_last"),
        ),
    ]
