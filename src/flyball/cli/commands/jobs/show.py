"""``flyball jobs show``: everything about one job."""

from __future__ import annotations

import json

import click

from flyball.cli.command import command
from flyball.cli.commands.jobs.telling import sentence
from flyball.cli.printing.output import Output


@command
@click.argument("identity", metavar="ID")
def show(output: Output, *, identity: str) -> None:
    """Show a job with its log. The first characters of its ID are enough.

    Examples:
      flyball jobs show 0193a2b4
    """
    from flyball.control.jobs import selectors
    from flyball.control.jobs.document import document

    job = selectors.beginning(identity)
    doing = f"Doing: {job.message}" if job.status == job.Status.RUNNING and job.message else ""
    lines = [sentence(job), doing, job.log.rstrip()]
    lines += [f"Result: {json.dumps(job.result, ensure_ascii=False)}"] if job.result else []
    output.result({**document(job), "log": job.log}, "\n".join(line for line in lines if line))
