"""The ready-made project as an app: it brings the user model."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class Admin(admin_apps.AdminConfig):
    """Django's admin in the looks of Unfold."""

    default = False
    default_site = "flyball.project.looks.Site"


class ProjectConfig(AppConfig):
    """The ready-made project."""

    name = "flyball.project"
    default = True
    label = "flyball_project"
    verbose_name = "Flyball: users"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of it when people prove who they are."""
        from flyball.project.accounts import proof  # noqa: F401 - its receivers
