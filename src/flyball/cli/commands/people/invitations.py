"""``flyball people invitations``: which can still be accepted."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


@command
@click.option("--team", help="Only those into this team.")
def invitations(output: Output, *, team: str | None) -> None:
    """List invitations that can still be accepted, newest first, by number; never their links.

    Examples:
      flyball people invitations
      flyball people invitations --team sales
    """
    from flyball.control.accounts import selectors

    rows = [
        {
            "id": each.pk,
            "team": each.team.slug,
            "role": each.role,
            "by": each.created_by and each.created_by.get_username(),
            "ends": f"{each.ends_at:%Y-%m-%d %H:%M}",
        }
        for each in selectors.open_invitations([selectors.team(team).slug] if team else None)
    ]
    output.table(rows, ("id", "team", "role", "by", "ends"), empty="None is open: flyball people invite")
