"""``flyball schedules pause``: no runs for a while."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.commands.schedules.telling import sentence
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@click.argument("name")
def pause(output: Output, *, endpoint: str, name: str) -> None:
    """Let a schedule make no runs until it is resumed; its jobs go on.

    Examples:
      flyball schedules pause income nightly
    """
    from flyball.control.schedules import selectors, services
    from flyball.control.schedules.document import document

    schedule = services.pause(schedule=selectors.schedule(endpoint, name))
    output.result(document(schedule), sentence(schedule))
