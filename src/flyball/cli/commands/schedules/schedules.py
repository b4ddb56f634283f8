"""``flyball schedules``: which there are, and what becomes of each."""

from __future__ import annotations

import click

from flyball.cli.command import json_option
from flyball.cli.commands.schedules.add import add
from flyball.cli.commands.schedules.list_ import list_
from flyball.cli.commands.schedules.pause import pause
from flyball.cli.commands.schedules.remove import remove
from flyball.cli.commands.schedules.resume import resume


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def schedules(context: click.Context) -> None:
    """List schedules, add, pause, resume and remove them. ``flyball worker`` makes their jobs.

    \b
    Examples:
      flyball schedules
      flyball schedules add income nightly "every day at 02:00" snapshot
      flyball schedules pause income nightly
    """
    if context.invoked_subcommand is None:
        context.invoke(list_)


schedules.add_command(list_, "list")
schedules.add_command(add, "add")
schedules.add_command(pause, "pause")
schedules.add_command(resume, "resume")
schedules.add_command(remove, "remove")
