"""``flyball jobs follow``: a job's progress until its end."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.commands.jobs.telling import sentence
from flyball.cli.following import jobs as following
from flyball.cli.printing.output import Output


@command
@click.argument("identity", metavar="ID")
def follow(output: Output, *, identity: str) -> None:
    """Show how far a job is until it ends; where it failed or was cancelled, end with 1.

    Ctrl-C ends the showing, not the job.

    Examples:
      flyball jobs follow 0193a2b4
    """
    from flyball.control.jobs import selectors
    from flyball.control.jobs.document import document

    job = following.follow(output, selectors.beginning(identity))
    output.result(document(job), sentence(job))
    if job.status != job.Status.SUCCEEDED:
        click.get_current_context().exit(1)
