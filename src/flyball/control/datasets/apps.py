"""The app's name and label, and its system checks."""

from django.apps import AppConfig
from django.core.checks import register


class DatasetsConfig(AppConfig):
    """Feature tables and rows into snapshots."""

    name = "flyball.control.datasets"
    label = "flyball_datasets"
    verbose_name = "Flyball: datasets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Check the sources of declarations, and the home, when Django checks the project."""
        from flyball.control.datasets.checks import check_home, check_sources  # models are loaded only by now

        register(check_sources, "flyball")
        register(check_home, "flyball")
