"""``flyball people remove``: somebody who belongs to a team no more."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


@command
@click.argument("name")
@click.option("--team", default="default", show_default=True)
def remove(output: Output, *, name: str, team: str) -> None:
    """Take the person of that NAME out of a team; the account and what it has done stay.

    Examples:
      flyball people remove ada
      flyball people remove ada --team sales
    """
    from flyball.control.accounts import selectors, services

    found = selectors.member(team, name)
    services.remove_member(team=found.team, user=found.user)
    output.result({"name": name, "team": team}, f"{name} belongs to {team} no more.")
