"""The console as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Pages, and the job that answers a file that was uploaded on one: no tables."""

    name = "flyball.console"
    label = "flyball_console"

    def ready(self) -> None:
        """Add the job that answers a file."""
        from flyball.control.jobs.kinds import Kind, register  # with what it imports only when it is needed

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
