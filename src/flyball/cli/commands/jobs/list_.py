"""``flyball jobs list``: which jobs there are."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.commands.jobs.telling import SHORT
from flyball.cli.printing.output import Output

COLUMNS = ("job", "kind", "endpoint", "status", "progress", "asked")
MOST = 200
"""Jobs that are listed: the newest."""


@command
@click.option("--endpoint", help="Only this endpoint's.")
@click.option("--status", help="Only queued, running, succeeded, failed or cancelled ones.")
def list_(output: Output, *, endpoint: str | None, status: str | None) -> None:
    """List the 200 newest jobs, newest first.

    Examples:
      flyball jobs list
      flyball jobs list --endpoint income --status failed
    """
    from flyball.control.jobs import selectors
    from flyball.control.jobs.document import document

    rows = [
        {
            **document(job),
            "job": str(job.pk)[:SHORT],
            "progress": job.progress if output.as_json else _percent(job.progress),
            "asked": f"{job.asked_at:%Y-%m-%d %H:%M}",
        }
        for job in selectors.jobs(endpoint, status)[:MOST]
    ]
    output.table(rows, COLUMNS, empty="No jobs yet.")


def _percent(progress: float | None) -> str | None:
    return None if progress is None else f"{progress:.0%}"
