"""``flyball rollback``: bring the earlier champion back."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output
from flyball.cli.printing.revision import tell_champion


@command
@click.argument("endpoint")
@click.option("--expected", type=int, help="Refuse unless this route revision is in force.")
def rollback(output: Output, *, endpoint: str, expected: int | None) -> None:
    """Bring the champion before this one back, as a new route revision.

    Examples:
      flyball rollback income
    """
    from flyball.control.routing import services

    tell_champion(output, services.rollback(endpoint=endpoint, expected=expected))
