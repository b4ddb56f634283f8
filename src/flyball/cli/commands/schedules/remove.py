"""``flyball schedules remove``: the end of a schedule that was made by hand."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@click.argument("name")
def remove(output: Output, *, endpoint: str, name: str) -> None:
    """Remove a schedule; its jobs stay. A declared one is taken out of the declaration instead.

    Examples:
      flyball schedules remove income nightly
    """
    from flyball.control.schedules import selectors, services

    services.remove(schedule=selectors.schedule(endpoint, name))
    output.result({"endpoint": endpoint, "name": name}, f"Schedule {name} of {endpoint} is removed.")
