"""The app's name and label."""

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    """Routes of endpoints; the tables of predictions and outcomes."""

    name = "flyball.control.routing"
    label = "flyball_routing"
    verbose_name = "Flyball: routing"
    default_auto_field = "django.db.models.BigAutoField"
