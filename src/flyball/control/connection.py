"""Django's database as the stores see it: the same connection parameters, and the same raw connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from flyball.stores.database import Database, PrivateFile

LITE: dict[str, Any] = {
    "factory": PrivateFile,
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode = WAL",
}
"""Django's options for SQLite. Transactions take the write lock when they begin: Django's default, taking it
half-way, fails under the data plane's commits."""


def database(alias: str = "default") -> Database:
    """The database behind Django's ``alias``, for the stores. Raises ``ValueError`` for other engines."""
    return behind(connections[alias])


def behind(connection: BaseDatabaseWrapper) -> Database:
    """The database behind a connection of Django's; nothing is connected. Raises as ``database`` does."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return Database(f"sqlite://{quote(str(Path(settings['NAME']).absolute()))}")
    if connection.vendor != "postgresql":
        raise ValueError(f"Flyball runs on SQLite and PostgreSQL, not on {connection.vendor}.")
    parameters = _libpq(connection.get_connection_params())
    role = settings["OPTIONS"].get("assume_role")
    if role:
        parameters["options"] = f"{parameters.get('options', '')} -c role={_escaped(role)}".strip()
    # Every parameter by its own name: an address of host, port and user has no place for most of them.
    return Database(f"postgresql://?{urlencode(parameters, quote_via=quote)}")


@contextmanager
def without_waiting(alias: str = "default") -> Iterator[None]:
    """What is written meanwhile fails at once where SQLite's one writer is somebody else."""
    connection = connections[alias]
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {before:d}")


def raw(alias: str = "default") -> Any:
    """The driver's own connection beneath Django's: what is done on it shares Django's transaction."""
    connection = connections[alias]
    connection.ensure_connection()
    return connection.connection


def _libpq(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Those of Django's parameters that are PostgreSQL's own, as text; the rest are for Python's driver."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.pq import Conninfo

    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    own = {name: value for name, value in parameters.items() if name in known}
    return {name: str(value) for name, value in conninfo_to_dict(make_conninfo(**own)).items()}


def _escaped(role: str) -> str:
    """A role's name inside ``options``, where blanks end a word."""
    return role.replace("\\", "\\\\").replace(" ", "\\ ")
