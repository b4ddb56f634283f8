"""The app's name and label."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The management REST API."""

    name = "flyball.api"
    label = "flyball_api"
