"""``flyball people role``: another role for a member."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output
from flyball.domain.access import ROLES


@command
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--team", default="default", show_default=True)
def role_(output: Output, *, name: str, role: str, team: str) -> None:
    """Give the person of that NAME another ROLE in a team.

    Examples:
      flyball people role ada owner
      flyball people role ada viewer --team sales
    """
    from flyball.control.accounts import selectors, services

    found = selectors.member(team, name)
    services.change_role(team=found.team, user=found.user, role=role)
    output.result({"name": name, "team": team, "role": role}, f"{name} is {role} of {team}.")
