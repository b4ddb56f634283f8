"""Who takes part: Flyball as its users start it, and its peers, each with one process that answers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from benchmarks import environments
from benchmarks.census import Model
from benchmarks.publishing import apart, publish
from benchmarks.servers import PORT, Server

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
SETTINGS = "flyball.project.settings"
GRANIAN = (sys.executable, "-m", "granian", "--interface", "rsgi", "--port", PORT)
UVICORN = ("--no-access-log", "--log-level", "warning", "--loop", "uvloop", "--http", "httptools")


@dataclass(frozen=True, slots=True)
class Home:
    """A folder and a database in which a version is the champion of ``endpoint``, and a key that may ask it.

    ``free``: its model costs nothing.
    """

    folder: Path
    url: str
    key: str
    endpoint: str
    free: bool = False

    @contextmanager
    def copied(self, name: str = "copy") -> Iterator[Home]:
        """The same once more, under that name, until the block ends: what is recorded goes with it."""
        folder = self.folder.with_name(f"{self.folder.name}-{name}")
        shutil.copytree(self.folder, folder)
        try:
            if not is_postgres(self.url):
                yield replace(self, folder=folder, url=sqlite(folder))
                return
            with database_beside(self.url, name, template=True) as url:
                yield replace(self, folder=folder, url=url)
        finally:
            shutil.rmtree(folder)


def home(folder: Path, model: Model, free: bool = False) -> Home:
    """A new home on SQLite."""
    return _published(folder, sqlite(folder), model, free)


@contextmanager
def postgres_home(folder: Path, beside: str, model: Model) -> Iterator[Home]:
    """A home on PostgreSQL, in a database of its own, until the block ends.

    It stands ``beside`` the database of that URL and is named after it.
    """
    with database_beside(beside, "benchmark") as url:
        yield _published(folder, url, model, free=False)


def _published(folder: Path, url: str, model: Model, free: bool) -> Home:
    folder.mkdir(mode=0o700)
    key = apart(publish, folder, url, model.package, free)
    return Home(folder, url, key, model.package.manifest.endpoint, free)


@contextmanager
def database_beside(url: str, name: str, template: bool = False) -> Iterator[str]:
    """A new PostgreSQL database until the block ends, named after that of the URL.

    It has what that one has if that is its ``template``.
    """
    import psycopg
    from psycopg import sql

    parts = urlsplit(url)
    known = parts.path.strip("/")
    made = sql.Identifier(f"{known}_{name}")
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(made)
    source = sql.SQL(" TEMPLATE {}").format(sql.Identifier(known)) if template else sql.SQL("")
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}{}").format(made, source))
        try:
            yield urlunsplit(parts._replace(path=f"/{known}_{name}"))
        finally:
            connection.execute(drop)


def flyball(where: Home, command: str = "serve", name: str = "") -> Server:
    """Flyball as that command starts it."""
    words: tuple[str, ...] = (str(BIN / "flyball"), command)
    if where.free and command == "serve":  # whose processes would not know such a model
        words = (*GRANIAN, "benchmarks.constant:engine")
    return Server(
        name=name or f"Flyball, `flyball {command}`",
        command=words,
        folder=where.folder,
        directory=ROOT,
        path=f"/v1/endpoints/{where.endpoint}/predictions",
        environment={
            "FLYBALL_PORT": PORT,
            "FLYBALL_HOME": str(where.folder),
            "FLYBALL_DATABASE_URL": where.url,
            "DJANGO_SETTINGS_MODULE": "benchmarks.constant_settings" if where.free else SETTINGS,
            "PYTHONPATH": str(ROOT),
        },
        key=where.key,
        wrapped=True,
    )


def constant(folder: Path) -> Server:
    """An answer that never changes, from the same server under the same interface."""
    return Server(
        name="raw constant on Granian",
        command=(*GRANIAN, "benchmarks.constant:constant"),
        folder=folder,
        directory=ROOT,
        path="/",
        wrapped=True,
    )


def fastapi(folder: Path, peer: str, name: str) -> Server:
    """One of the two with FastAPI, under uvicorn with what makes it quick."""
    how = ("--host", "127.0.0.1", "--port", PORT, *UVICORN)
    return _peer(folder, peer, name, ("-m", "uvicorn", *how, f"{peer}:application"))


def litserve(folder: Path, model: str, name: str) -> Server:
    """LitServe with one worker."""
    server = _peer(folder, "litserve_batching", name, ("litserve_batching.py",))
    more = {"PEER_MODEL": f"{model}.joblib", "PEER_PORT": PORT}
    return replace(server, path="/predict", environment={**server.environment, **more})


def django(folder: Path) -> Server:
    """Django under Granian: gunicorn's one worker closes each connection."""
    how = ("--interface", "wsgi", "--host", "127.0.0.1", "--port", PORT)
    return _peer(folder, "django_drf", "Django + DRF", ("-m", "granian", *how, "django_drf:application"))


def sqlite(folder: Path) -> str:
    """The URL of a home's own database."""
    return f"sqlite:///{folder / 'flyball.sqlite3'}"


def is_postgres(url: str) -> bool:
    """Whether that is PostgreSQL's."""
    return url.startswith("postgres")


def _peer(folder: Path, peer: str, name: str, words: tuple[str, ...]) -> Server:
    return Server(
        name=name,
        command=(str(environments.python(peer)), *words),
        folder=folder,
        directory=environments.APPS,
        path="/predictions",
        environment={"PEER_HOME": str(folder)},
    )
