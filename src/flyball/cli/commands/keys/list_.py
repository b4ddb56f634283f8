"""``flyball keys list``: which keys there are."""

from __future__ import annotations

from datetime import datetime

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
            "endpoints": key.endpoints or None,
            "created": f"{key.created_at:%Y-%m-%d %H:%M}",
            "ends": _minute(key.ends_at),
            "revoked": _minute(key.revoked_at),
            "last_used": _minute(key.last_used_at),
        }
        for key in selectors.keys([team] if team else None)
    ]
    columns = ("id", "label", "team", "role", "endpoints", "ends", "revoked", "last_used")
    output.table(rows, columns, empty="No keys yet.")


def _minute(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M}"
