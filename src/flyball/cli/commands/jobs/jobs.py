"""``flyball jobs``: what was asked for, how far it is, and its end."""

from __future__ import annotations

import click

from flyball.cli.command import json_option
from flyball.cli.commands.jobs.cancel import cancel
from flyball.cli.commands.jobs.follow import follow
from flyball.cli.commands.jobs.list_ import list_
from flyball.cli.commands.jobs.retry import retry
from flyball.cli.commands.jobs.show import show


@click.group()
@json_option
def jobs() -> None:
    """List and follow jobs, cancel and retry them. A worker carries them out, such as that of flyball up.

    \b
    Examples:
      flyball jobs list --status running
      flyball jobs follow 0193a2b4
    """


jobs.add_command(list_, "list")
jobs.add_command(show, "show")
jobs.add_command(follow, "follow")
jobs.add_command(cancel, "cancel")
jobs.add_command(retry, "retry")
