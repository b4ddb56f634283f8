"""``flyball keys list``: which keys there are."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


@command
@click.option("--team", help="Only this team's.")
def list_(output: Output, *, team: str | None) -> None:
    """List keys, newest first, by number; never the keys themselves.

    Examples:
      flyball keys list
      flyball keys list --team sales
    """
    from flyball.control.accounts import selectors

    rows = [
        {
            "id": key.pk,
            "label": key.label,
            "team": key.team.slug,
            "role": key.role,
            "created": f"{key.created_at:%Y-%m-%d %H:%M}",
            "revoked": key.revoked_at and f"{key.revoked_at:%Y-%m-%d %H:%M}",
        }
        for key in selectors.keys([team] if team else None)
    ]
    output.table(rows, ("id", "label", "team", "role", "created", "revoked"), empty="No keys yet.")
