"""``flyball schedules resume``: runs again."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.commands.schedules.telling import sentence
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@click.argument("name")
def resume(output: Output, *, endpoint: str, name: str) -> None:
    """Let a schedule make runs again, from its next due moment on; also one that is failing.

    What it missed meanwhile is not caught up.

    Examples:
      flyball schedules resume income nightly
    """
    from flyball.control.schedules import selectors, services
    from flyball.control.schedules.document import document

    schedule = services.resume(schedule=selectors.schedule(endpoint, name))
    output.result(document(schedule), sentence(schedule))
