"""The console as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Pages alone: no tables."""

    name = "flyball.console"
    label = "flyball_console"
