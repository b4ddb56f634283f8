"""The app's name and label, and its system checks."""

from django.apps import AppConfig
from django.core.checks import register


class DeclarationsConfig(AppConfig):
    """Endpoints as they have been applied; finding and checking their declarations."""

    name = "flyball.control.declarations"
    label = "flyball_declarations"
    verbose_name = "Flyball: declarations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Check declarations when Django checks the project."""
        from flyball.control.declarations.checks import check_declarations  # models are loaded only by now

        register(check_declarations, "flyball")
