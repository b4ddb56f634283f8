"""``flyball web``: Django alone."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output
from flyball.cli.project.location import config
from flyball.cli.servers.address import free_address, url
from flyball.cli.servers.database_check import require_tables


@command
@click.option("--workers", default=1, show_default=True, help="Processes.")
def web(output: Output, *, workers: int) -> None:
    """Run Django alone: the management API and the admin.

    Examples:
      FLYBALL_PORT=8001 flyball web
    """
    from flyball.cli.servers.applications import django
    from flyball.cli.servers.server import run
    from flyball.control.connection import database

    own = config()
    free_address(own)
    require_tables(database())
    run(
        django(workers),
        own,
        lambda: output.result({"url": url(own)}, f"Django answers at {url(own)}"),
    )
