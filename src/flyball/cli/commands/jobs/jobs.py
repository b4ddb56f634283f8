"""``flyball jobs``: what was asked for, how far it is, and its end."""

from __future__ import annotations

import click

from flyball.cli.command import json_option
from flyball.cli.commands.jobs.ask import ask
from flyball.cli.commands.jobs.cancel import cancel
from flyball.cli.commands.jobs.follow import follow
from flyball.cli.commands.jobs.list_ import list_
from flyball.cli.commands.jobs.retry import retry
from flyball.cli.commands.jobs.show import show


@click.group()
@json_option
def jobs() -> None:
    """Ask for jobs, follow, cancel and retry them. ``flyball worker`` carries them out.

    \b
    Examples:
      flyball jobs ask build income --promote
      flyball jobs list --status running
      flyball jobs follow 0193a2b4
    """


jobs.add_command(ask, "ask")
jobs.add_command(list_, "list")
jobs.add_command(show, "show")
jobs.add_command(follow, "follow")
jobs.add_command(cancel, "cancel")
jobs.add_command(retry, "retry")
