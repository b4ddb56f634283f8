"""What finds the predictions of one A/B test."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flyball_routing", "0008_fallback_answers"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(
                fields=["endpoint", "test", "id"],
                name="flyball_prediction_test",
                condition=models.Q(test__isnull=False),
            ),
        ),
    ]
