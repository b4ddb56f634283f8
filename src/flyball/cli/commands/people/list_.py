"""``flyball people list``: who belongs to which team."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


@command
@click.option("--team", help="Only this team's.")
def list_(output: Output, *, team: str | None) -> None:
    """List people with their teams and roles.

    Examples:
      flyball people list
      flyball people list --team sales
    """
    from flyball.control.accounts import selectors

    rows = [
        {
            "name": each.user.get_username(),
            "team": each.team.slug,
            "role": each.role,
            "since": each.joined_at and f"{each.joined_at:%Y-%m-%d %H:%M}",
        }
        for each in selectors.members([selectors.team(team).slug] if team else None)
    ]
    output.table(
        rows, ("name", "team", "role", "since"), empty="Nobody yet. Invite somebody: flyball people invite"
    )
