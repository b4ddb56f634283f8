"""``flyball up``, ``serve`` and ``web``: everything on one port, or each plane alone."""

from __future__ import annotations

import os
from pathlib import Path

import click

from flyball.cli.command import Failure, command, json_option
from flyball.cli.commands.apply import refuse_faults
from flyball.cli.commands.build import make_champion, warn
from flyball.cli.output import Output
from flyball.cli.owner import TEAM, key_file, owner_key
from flyball.cli.project import config, find, loading, start_django
from flyball.cli.rounds import LEADERBOARD, leaderboard, search, take
from flyball.cli.sample import curl
from flyball.cli.server import Server, run, url
from flyball.config import Config, load
from flyball.domain.errors import FlyballError


@command
@click.option(
    "--build", is_flag=True, help="First build and promote every endpoint that has no champion yet."
)
def up(output: Output, *, build: bool) -> None:
    """Bring everything up: migrate, apply, and serve on one port.

    A first start makes an owner's key, in a file that only you can read. The server listens on
    loopback (FLYBALL_HOST, FLYBALL_PORT) until Ctrl-C.

    Examples:
      flyball up
      flyball up --build
      FLYBALL_PORT=9000 flyball up
    """
    own = config()
    prepare(output)
    if build:
        build_missing(output)
    key = owner_key(own)
    line = curl(url(own), key, TEAM)

    def ready() -> None:
        document = {"url": url(own), "key": key, "curl": line}
        output.result(document, _welcome(own, key, line))

    run(_whole(), own, ready)


@click.command()
@click.option("--workers", default=1, show_default=True, help="Processes; each keeps its own models.")
@json_option
def serve(workers: int, *, as_json: bool) -> None:
    """Run the data plane alone: predictions and outcomes, without Django.

    In a project it reads the project's database; elsewhere FLYBALL_DATABASE_URL says which.

    \b
    Examples:
      flyball serve
      FLYBALL_DATABASE_URL=postgresql://flyball@db/flyball FLYBALL_HOST=0.0.0.0 flyball serve --workers 4
    """
    own, output = _data_plane(), Output(as_json=as_json)
    server = Server(target="flyball.serving.app:application", workers=workers)
    run(server, own, lambda: output.result({"url": url(own)}, f"The data plane answers at {url(own)}"))


@command
@click.option("--workers", default=1, show_default=True, help="Processes.")
def web(output: Output, *, workers: int) -> None:
    """Run Django alone: the management API and the admin.

    Examples:
      FLYBALL_PORT=8001 flyball web
    """
    own = config()
    run(_django(workers), own, lambda: output.result({"url": url(own)}, f"Django answers at {url(own)}"))


def _whole() -> Server:
    """The project's ASGI application; where it names none, Django's own, which leads to the doors."""
    from django.conf import settings

    dotted = getattr(settings, "ASGI_APPLICATION", None)
    if not dotted:
        return _django(workers=1)
    return Server(target=":".join(dotted.rsplit(".", 1)), static=_static())


def _django(workers: int) -> Server:
    return Server(
        target="django.core.asgi:get_asgi_application",
        factory=True,
        lifespan=False,  # Django knows none
        workers=workers,
        static=_static(),
        probe="/",
    )


def prepare(output: Output) -> None:
    """Bring database and routes in line with the code: migrate, then apply."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from flyball.control.declarations import discovery
    from flyball.control.routing import services

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        output.note("Migrating the database.")
        call_command("migrate", verbosity=0, interactive=False)
    refuse_faults()
    for change in services.apply(discovery.autodiscover()):
        output.note(f"Applied: {change.endpoint} {change.what}.")


def build_missing(output: Output) -> None:
    """Snapshot, build and promote each endpoint that nothing answers for; one that fails is named."""
    from flyball.control.declarations import discovery
    from flyball.control.registry.services import register
    from flyball.control.routing import selectors

    for name, declaration in discovery.autodiscover().items():
        if selectors.route(name) is not None:
            continue
        try:
            done = search(output, declaration, take(output, declaration))
            rows = leaderboard(done)
            output.note_table(rows, LEADERBOARD)
            version = register(build=done)
            warn(output, rows, version)
            make_champion(version)
            output.note(f"{version} is champion.")
        except FlyballError as error:
            output.note(f"{name} was not built: {error}")


def _welcome(own: Config, key: str, line: str | None) -> str:
    lines = [
        "",
        f"Flyball is up: {url(own)}",
        f"Owner's key:   {key}   (kept in {key_file(own)})",
        "Ctrl-C stops it." if line is None else f"Ctrl-C stops it. Try, in another terminal:\n\n{line}",
        "",
    ]
    return "\n".join(lines)


def _data_plane() -> Config:
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
        raise Failure(FlyballError(str(error))) from error
    return _inherited(config())


def _inherited(own: Config) -> Config:
    # Workers read the environment again, from a directory of their own.
    os.environ.setdefault("FLYBALL_HOME", str(own.home))
    os.environ.setdefault("FLYBALL_DATABASE_URL", own.database_url)
    return own


def _static() -> tuple[tuple[str, Path], ...]:
    """Each app's static files, as folders that the server hands out by itself."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import AppDirectoriesFinder

    route = "/" + settings.STATIC_URL.strip("/")
    places = [Path(storage.location) for storage in AppDirectoriesFinder().storages.values()]
    folders = [folder for place in places for folder in sorted(place.iterdir()) if folder.is_dir()]
    return tuple((f"{route}/{folder.name}", folder) for folder in folders)
