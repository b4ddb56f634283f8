"""``flyball jobs retry``: another try."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.commands.jobs.telling import sentence
from flyball.cli.printing.output import Output


@command
@click.argument("identity", metavar="ID")
def retry(output: Output, *, identity: str) -> None:
    """Ask again for a job that failed or was cancelled; it keeps its id, and what it has done so far.

    Examples:
      flyball jobs retry 0193a2b4
    """
    from flyball.control.jobs import selectors, services
    from flyball.control.jobs.document import document

    job = services.retry(job=selectors.beginning(identity))
    output.result(document(job), sentence(job))
