"""The app's name; Flyball's app of accounts has another label."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users."""

    name = "accounts"
