"""A new home with a database that holds much, in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit, urlunsplit

from benchmarks.console.size import Size
from benchmarks.lineup import is_postgres
from benchmarks.publishing import start_django


def fill(folder: Path, url: str, size: Size) -> None:
    """Make it anew; the file ``filled`` says that it is whole."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.glob("flyball.sqlite3*"):
        old.unlink()
    if is_postgres(url):
        anew(url)
    start_django(folder, url)
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.console import multiplied, pattern, recorded, tested

    call_command("migrate", verbosity=0)
    if not is_postgres(url):
        with connection.cursor() as cursor:  # nobody is promised anything of these
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -300000")
    multiplied.multiply(pattern.make(folder), size)
    tested.start()
    recorded.record(size.predictions, size.endpoints)
    (folder / "filled").touch()


def anew(url: str) -> None:
    """An empty database of that name on its PostgreSQL, whatever there was."""
    drop(url)
    _execute(url, "CREATE DATABASE {}")


def drop(url: str) -> None:
    """Take a database away, whoever is connected to it."""
    _execute(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)")


def _execute(url: str, statement: LiteralString) -> None:
    import psycopg
    from psycopg import sql

    parts = urlsplit(url)
    name = sql.Identifier(parts.path.strip("/"))
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(name))
