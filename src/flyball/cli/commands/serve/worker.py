"""``flyball worker``: who carries jobs out."""

from __future__ import annotations

from urllib.parse import urlsplit

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output
from flyball.cli.project.location import config
from flyball.cli.servers.database_check import require_tables


@command
@click.option("--queues", "named", default="build,batch,default", show_default=True, help="Which queues.")
@click.option(
    "--concurrency", type=click.IntRange(1, 256), default=2, show_default=True, help="Jobs at one time."
)
def worker(output: Output, *, named: str, concurrency: int) -> None:
    """Carry out jobs, until Ctrl-C or SIGTERM.

    A heavy job, such as a build, runs in a process of its own with limits of memory and time. Told to end,
    the worker takes no more jobs and gives back those that are not done within FLYBALL_DRAIN_SECONDS. With
    FLYBALL_BROKER_URL=memory:// there is one worker; Redis or RabbitMQ wake any number.

    Examples:
      flyball worker
      FLYBALL_BROKER_URL=redis://queue/0 flyball worker --queues build --concurrency 1
    """
    from flyball.control.connection import database
    from flyball.control.jobs import worker as jobs
    from flyball.control.jobs.kinds import QUEUES

    queues = [name.strip() for name in named.split(",")]
    if unknown := sorted(set(queues) - set(QUEUES)):
        raise click.UsageError(f"There is no queue {unknown[0]!r}. There are: {', '.join(QUEUES)}.")
    require_tables(database())
    own = config()
    broker = urlsplit(own.broker_url).scheme  # not the rest: that may hold a password
    said = {"queues": queues, "concurrency": concurrency, "broker": broker}
    code = jobs.run(
        config=own,
        queues=queues,
        concurrency=concurrency,
        ready=lambda: output.result(said, f"The worker takes jobs from {', '.join(queues)}."),
    )
    click.get_current_context().exit(code)
