"""The ready-made project as an app: it brings the user model."""

from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin import apps as admin_apps
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


class Admin(admin_apps.SimpleAdminConfig):
    """Django's admin in the looks of Unfold, which takes a third of what Django takes to start.

    So it is looked for where its addresses are read or it is checked: commands and jobs start without it.
    """

    default = False
    default_site = "flyball.project.looks.Site"

    def ready(self) -> None:
        """Have it checked, all of it, where Django checks."""
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(_check_all, checks.Tags.admin)


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


def _check_all(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    admin.autodiscover()
    return check_admin_app(app_configs, **options)
