"""The group of all commands: ``--json`` wherever it stands, and failures as a sentence or a document."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Any

import click

from flyball.cli.failures.failure import document
from flyball.cli.interrupting import never_lost
from flyball.cli.printing.output import Output

JSON = "--json"


class Commands(click.Group):
    """A group whose commands are loaded when they are needed, and listed in the order of ``places``."""

    def __init__(self, *arguments: Any, places: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, unsorted."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; the others are left alone: each brings libraries of its own."""
        place = self._places.get(cmd_name)
        if place is None:
            return None
        module = importlib.import_module(f"flyball.cli.commands.{place}")
        found: click.Command = getattr(module, place.rpartition(".")[2])
        return found

    def main(  # type: ignore[override]  # click declares two overloads that say the same
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        standalone_mode: bool = True,
        stream: IO[str] | None = None,
        **extra: Any,
    ) -> Any:
        """Run as a command line; ``stream`` takes the results instead of standard output.

        Without ``standalone_mode`` errors are raised, else they are shown and the process ends.
        """
        words, as_json = without_json(sys.argv[1:] if args is None else args)
        extra["obj"] = Output(as_json=as_json, stream=stream)
        if standalone_mode:
            never_lost()
        try:
            code = super().main(words, prog_name, standalone_mode=False, **extra)
        except (click.ClickException, click.Abort) as error:
            if not standalone_mode:
                raise
            sys.exit(_show(error, as_json=as_json))
        return sys.exit(code if isinstance(code, int) else 0) if standalone_mode else code


def without_json(words: Sequence[str]) -> tuple[list[str], bool]:
    """The words without ``--json``, and whether it was among them; after ``--`` it is an argument."""
    given = list(words)
    end = given.index("--") if "--" in given else len(given)
    rest = [word for word in given[:end] if word != JSON]
    return rest + given[end:], len(rest) < end


def _show(error: click.ClickException | click.Abort, *, as_json: bool) -> int:
    if isinstance(error, click.Abort):
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would print a traceback
        click.echo("Aborted.", err=True)
        return 1
    if as_json:
        click.echo(document(error), err=True)
    else:
        error.show()
    return error.exit_code
