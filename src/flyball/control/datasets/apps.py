"""The app's name and label."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Feature tables and rows into snapshots."""

    name = "flyball.control.datasets"
    label = "flyball_datasets"
    default_auto_field = "django.db.models.BigAutoField"
