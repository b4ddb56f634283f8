"""The app's name and label, and its kind of job."""

from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    """Diagnostics, and the job that computes them."""

    name = "flyball.control.diagnostics"
    label = "flyball_diagnostics"
    verbose_name = "Flyball: diagnostics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the job that asks a version about its held-out rows."""
        from flyball.control.jobs.kinds import Kind, register  # with what it imports only when it is needed

        register(
            Kind(
                name="diagnose",
                queue="default",
                service="flyball.control.diagnostics.jobs.carry_out",
                is_heavy=True,  # a model in a process of its own, whatever it takes
                loads=("flyball.learning.diagnostics.diagnosing", "skops.io"),
                is_recurring=False,
            )
        )
