"""The app's name and label."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Teams, roles and API keys."""

    name = "flyball.control.accounts"
    label = "flyball_accounts"
    verbose_name = "Flyball: accounts"
    default_auto_field = "django.db.models.BigAutoField"
