"""``manage.py flyball …``: the same commands, in a project that has its own manage.py."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from flyball.cli.main import main


class Command(BaseCommand):
    """Hands everything after ``flyball`` on; options are read there, not by Django."""

    help = "Flyball: build, serve, record and improve models (manage.py flyball --help)."

    def run_from_argv(self, argv: list[str]) -> None:
        """Run as a command line."""
        main.main(args=argv[2:], prog_name="manage.py flyball")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run from ``call_command("flyball", "versions", …)``; an error is raised, not an exit."""
        main.main(args=list(args), prog_name="manage.py flyball", standalone_mode=False)
