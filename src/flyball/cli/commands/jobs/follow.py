"""``flyball jobs follow``: a job's progress until its end."""

from __future__ import annotations

import time

import click

from flyball.cli.command import command
from flyball.cli.commands.jobs.telling import sentence
from flyball.cli.following.progress import steps
from flyball.cli.printing.output import Output

PAUSE = 0.5
"""Between two looks (seconds)."""


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

    job = selectors.beginning(identity)
    with steps(output) as bar:
        while job.status not in selectors.ENDED:
            doing = f"{job.kind}: {job.message or job.status}"
            if job.progress is None:
                bar.at(doing)
            else:
                bar.at(doing, round(job.progress * 100), 100)
            time.sleep(PAUSE)
            job = selectors.job(job.pk)
    output.result(document(job), sentence(job))
    if job.status != job.Status.SUCCEEDED:
        click.get_current_context().exit(1)
