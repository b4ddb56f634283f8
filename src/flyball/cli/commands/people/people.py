"""``flyball people``: members of teams, and invitations."""

from __future__ import annotations

import click

from flyball.cli.command import json_option
from flyball.cli.commands.people.invitations import invitations
from flyball.cli.commands.people.invite import invite
from flyball.cli.commands.people.list_ import list_
from flyball.cli.commands.people.remove import remove
from flyball.cli.commands.people.role import role_
from flyball.cli.commands.people.withdraw import withdraw


@click.group()
@json_option
def people() -> None:
    """Invite people into a team, list them, change their roles, remove them.

    \b
    Examples:
      flyball people invite --role member
      flyball people list
      flyball people role ada owner
      flyball people remove ada
    """


people.add_command(invitations, "invitations")
people.add_command(invite, "invite")
people.add_command(list_, "list")
people.add_command(remove, "remove")
people.add_command(role_, "role")
people.add_command(withdraw, "withdraw")
