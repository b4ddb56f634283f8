"""``manage.py flyball …``: the same commands, in a project that has its own manage.py."""

from __future__ import annotations

from argparse import REMAINDER
from typing import IO, Any, cast

import click
from django.core.management.base import BaseCommand, CommandError, CommandParser

from flyball.cli.main import main


class Command(BaseCommand):
    """Hands everything after ``flyball`` on; options are read there, not by Django."""

    help = "Flyball: build, serve, record and improve models (manage.py flyball --help)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take every word as it is."""
        parser.add_argument("args", nargs=REMAINDER)
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")

    def run_from_argv(self, argv: list[str]) -> None:
        """Run as a command line."""
        main.main(args=argv[2:], prog_name="manage.py flyball")

    def handle(self, *args: Any, json: bool = False, **options: Any) -> None:
        """Run from ``call_command("flyball", "versions", …)``; results go to its ``stdout``.

        Raises ``CommandError`` with the exit code as its ``returncode``.
        """
        words = ["--json", *args] if json else list(args)
        try:
            stream = cast("IO[str]", self.stdout)
            code = main.main(args=words, prog_name="manage.py flyball", standalone_mode=False, stream=stream)
        except click.ClickException as error:
            raise CommandError(error.format_message(), returncode=error.exit_code) from error
        if code:
            raise CommandError("The command is done in part; its result says which.", returncode=code)
