"""The app's name and label."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Jobs, the workers that carry them out, and the kinds that there are."""

    name = "flyball.control.jobs"
    label = "flyball_jobs"
    verbose_name = "Flyball: jobs"
    default_auto_field = "django.db.models.BigAutoField"
