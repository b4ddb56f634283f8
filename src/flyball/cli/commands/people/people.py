"""``flyball people``: members of teams, and invitations."""

from __future__ import annotations

import click

from flyball.cli.command import json_option
from flyball.cli.commands.people.invite import invite
from flyball.cli.commands.people.list_ import list_
from flyball.cli.commands.people.remove import remove


@click.group()
@json_option
def people() -> None:
    """Invite people into a team, list and remove them.

    \b
    Examples:
      flyball people invite --role member
      flyball people list
      flyball people remove ada
    """


people.add_command(invite, "invite")
people.add_command(list_, "list")
people.add_command(remove, "remove")
