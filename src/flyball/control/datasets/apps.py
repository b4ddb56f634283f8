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
        """Check the sources of declarations, and the home, when Django checks the project; add the job."""
        from flyball.control.datasets.checks import check_home, check_sources  # models are loaded only by now
        from flyball.control.jobs import kinds

        register(check_sources, "flyball")
        register(check_home, "flyball")
        snapshot = f"{self.name}.jobs.snapshot"
        loads = ("duckdb", "pyarrow.parquet")
        kinds.register(
            kinds.Kind(name="snapshot", queue="build", service=snapshot, is_heavy=True, loads=loads)
        )
