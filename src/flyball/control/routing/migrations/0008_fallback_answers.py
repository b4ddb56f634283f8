"""Which arm answered a prediction in place of the one that it was assigned to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_routing", "0007_arms_beside"),
    ]

    operations = [
        migrations.AddField(
            model_name="prediction",
            name="answered",
            field=models.CharField(max_length=16, null=True),
        ),
    ]
