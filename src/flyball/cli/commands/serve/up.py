"""``flyball up``: everything on one port."""

from __future__ import annotations

from pathlib import Path

import click

from flyball.cli.command import command
from flyball.cli.commands.serve.first_builds import build_missing
from flyball.cli.commands.start.apply import name_undeclared, refuse_faults
from flyball.cli.printing.output import Output
from flyball.cli.project.location import config
from flyball.cli.project.owner_key import TEAM, key_file, new_owner_key
from flyball.cli.servers.address import free_address, url
from flyball.cli.servers.example_request import curl
from flyball.cli.servers.first_owner import first_owner_link
from flyball.cli.servers.only_one import only_one
from flyball.cli.servers.worker_beside import worker_beside
from flyball.config import Config


@command
@click.option(
    "--build", is_flag=True, help="First build and promote every endpoint that has no champion yet."
)
@click.option("--no-worker", is_flag=True, help="Start no worker: one elsewhere carries jobs out.")
def up(output: Output, *, build: bool, no_worker: bool) -> None:
    """Bring everything up: migrate, apply, and serve on one port, with a worker beside.

    A first start makes an owner's key, in a file that only you can read, and prints it this once; and a
    link by which the first owner signs up, once and within an hour, until there is one. The server listens
    on loopback (FLYBALL_HOST, FLYBALL_PORT) until Ctrl-C.

    Examples:
      flyball up
      flyball up --build
      FLYBALL_PORT=9000 flyball up
    """
    from flyball.cli.servers.applications import one_port
    from flyball.cli.servers.server import run

    own = config()
    with only_one(own):
        free_address(own)  # else a build of minutes would end with a port that is taken
        prepare(output)
        with worker_beside(output, own, wanted=not no_worker) as worker:
            if build:
                build_missing(output, worker, by_jobs=no_worker or worker is not None)
            key, invitation = new_owner_key(own), first_owner_link(own)

            def ready() -> None:
                if worker is not None:
                    worker.start()  # only now: the first answer does not wait for it
                welcome(output, own, key, invitation)

            run(one_port(), own, ready, worker)


def prepare(output: Output) -> None:
    """Bring database and routes in line with the code: migrate, then apply."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from flyball.control.abtests.declared import applying
    from flyball.control.declarations import discovery

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        output.note("Migrating the database.")
        call_command("migrate", verbosity=0, interactive=False)
    refuse_faults()
    declarations = discovery.autodiscover()
    applied = applying.apply(declarations=declarations)
    for change in applied.changes:
        output.note(f"Applied: {change.endpoint} {change.what}.")
    for remark in applied.remarks:
        output.note(remark)
    name_undeclared(output, declarations)


def welcome(output: Output, own: Config, key: str | None, invitation: str | None) -> None:
    """Say where the server and the key are, and a line that works; the key itself only when it is new.

    ``invitation`` is where the first owner signs up.
    """
    path = key_file(own)
    line = curl(url(own), path, TEAM)
    document = {"url": url(own), "key_file": str(path), "curl": line}
    secrets = {name: value for name, value in (("key", key), ("invitation", invitation)) if value}
    output.result({**document, **secrets}, _welcome(url(own), path, key, line, invitation))


def _welcome(where: str, path: Path, key: str | None, line: str | None, invitation: str | None) -> str:
    lines = [
        "",
        f"Flyball is up: {where}",
        f"Owner's key:   {path}" if key is None else f"Owner's key:   {key}   (shown once; kept in {path})",
        *([f"Sign up:       {invitation}   (once, within an hour)"] if invitation else []),
        "Ctrl-C stops it." if line is None else f"Ctrl-C stops it. Try, in another terminal:\n\n{line}",
        "",
    ]
    return "\n".join(lines)
