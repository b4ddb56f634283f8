"""The app's name and label, its system checks, and its step of the dispatchers."""

from django.apps import AppConfig
from django.core.checks import register


class SchedulesConfig(AppConfig):
    """Schedules of endpoints, and the jobs that are made when they are due."""

    name = "flyball.control.schedules"
    label = "flyball_schedules"
    verbose_name = "Flyball: schedules"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Check declared schedules when Django checks the project; have dispatchers make what is due."""
        from flyball.control.jobs import dispatching  # models are loaded only by now
        from flyball.control.schedules.checks import check_schedules
        from flyball.control.schedules.making import make_due

        register(check_schedules, "flyball")
        dispatching.register(make_due)
