"""The console as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Pages and charts, and the job that answers a file that was uploaded on one: no tables."""

    name = "flyball.console"
    label = "flyball_console"

    def ready(self) -> None:
        """Add the job that answers a file, and say which charts there are, for commands."""
        from flyball.control.drawings import albums  # with what they import only when it is needed
        from flyball.control.jobs.kinds import Kind, register

        register(
            Kind(
                name="answer_file",
                queue="batch",
                service="flyball.console.asking.filing.answer",
                is_heavy=True,  # a file of anybody's is read in a process of its own
                told="flyball.control.asking.services.follow",
                is_recurring=False,
            )
        )
        albums.register("diagnosis", "flyball.console.charts.diagnostics.album.charts")
