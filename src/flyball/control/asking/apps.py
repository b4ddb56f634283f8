"""The app's name and label."""

from django.apps import AppConfig


class AskingConfig(AppConfig):
    """Files of people who ask. The job that answers one is the console's: it needs the engine."""

    name = "flyball.control.asking"
    label = "flyball_asking"
    verbose_name = "Flyball: files of people who ask"
    default_auto_field = "django.db.models.BigAutoField"
