"""The app's name and label."""

from django.apps import AppConfig


class CliConfig(AppConfig):
    """The command."""

    name = "flyball.cli"
    label = "flyball_cli"
