"""``flyball jobs cancel``: the end of a job before its time."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.commands.jobs.telling import sentence
from flyball.cli.printing.output import Output


@command
@click.argument("identity", metavar="ID")
def cancel(output: Output, *, identity: str) -> None:
    """End a job: at once where it waits, within seconds where it runs.

    Examples:
      flyball jobs cancel 0193a2b4
    """
    from flyball.control.jobs import selectors, services
    from flyball.control.jobs.document import document

    job = services.cancel(job=selectors.beginning(identity))
    output.result(document(job), sentence(job))
