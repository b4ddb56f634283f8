"""``flyball serve``: the data plane alone."""

from __future__ import annotations

import os
from pathlib import Path

import click

from flyball.cli.command import command_anywhere
from flyball.cli.printing.output import Output
from flyball.cli.project.location import config, find, loading, start_django
from flyball.cli.servers.address import free_address, url
from flyball.cli.servers.database_check import require_tables
from flyball.config import Config, load
from flyball.domain.errors import Unusable
from flyball.stores.database import Database


@command_anywhere
@click.option("--workers", default=1, show_default=True, help="Processes; each keeps its own models.")
def serve(output: Output, *, workers: int) -> None:
    """Run the data plane alone: predictions and outcomes, without Django.

    In a project it reads the project's database; elsewhere FLYBALL_DATABASE_URL says which.

    Examples:
      flyball serve
      FLYBALL_DATABASE_URL=postgresql://flyball@db/flyball FLYBALL_HOST=0.0.0.0 flyball serve --workers 4
    """
    from flyball.cli.servers.applications import data_plane
    from flyball.cli.servers.server import run

    own = _settings()
    free_address(own)
    require_tables(Database(own.database_url))
    run(
        data_plane(workers),
        own,
        lambda: output.result({"url": url(own)}, f"The data plane answers at {url(own)}"),
    )


def _settings() -> Config:
    """The settings of the data plane; Django is asked only where the environment does not name a database."""
    project = find(Path.cwd())
    if "FLYBALL_DATABASE_URL" in os.environ:
        with loading("The environment"):
            return load()
    if project is None:
        raise click.UsageError("There is no project here. Name its database: FLYBALL_DATABASE_URL=…")
    if project.settings == "flyball.project.settings":
        with loading("The environment"):
            return _inherited(load(base=project.root))
    from flyball.control.connection import database

    start_django(project)
    try:
        os.environ["FLYBALL_DATABASE_URL"] = database().url
    except ValueError as error:
        raise Unusable(str(error)) from error
    return _inherited(config())


def _inherited(own: Config) -> Config:
    # Workers read the environment again, from a directory of their own.
    os.environ.setdefault("FLYBALL_HOME", str(own.home))
    os.environ.setdefault("FLYBALL_DATABASE_URL", own.database_url)
    os.environ.setdefault("FLYBALL_TRUSTED_TYPES", ",".join(own.trusted_types))
    return own
