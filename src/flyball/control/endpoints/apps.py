"""The app's name and label."""

from django.apps import AppConfig


class EndpointsConfig(AppConfig):
    """Endpoints and their routes; the tables of predictions and outcomes."""

    name = "flyball.control.endpoints"
    label = "flyball_endpoints"
    verbose_name = "Flyball: endpoints"
    default_auto_field = "django.db.models.BigAutoField"
