"""The app's name and label."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Builds, their leaderboards, and numbered versions."""

    name = "flyball.control.registry"
    label = "flyball_registry"
    verbose_name = "Flyball: registry"
    default_auto_field = "django.db.models.BigAutoField"
