"""Django's database as the stores see it: the same URL, and the same raw connection."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from django.db import connections

from flyball.stores.database import Database


def database(alias: str = "default") -> Database:
    """The database behind Django's ``alias``, for the stores. Raises ``ValueError`` for other engines."""
    connection = connections[alias]
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return Database(f"sqlite:///{quote(str(settings['NAME']))}")
    if connection.vendor != "postgresql":
        raise ValueError(f"Flyball runs on SQLite and PostgreSQL, not on {connection.vendor}.")
    login = quote(settings["USER"], safe="")
    if settings["PASSWORD"]:
        login += f":{quote(settings['PASSWORD'], safe='')}"
    plain = {key: value for key, value in settings["OPTIONS"].items() if isinstance(value, str)}
    known = {key: value for key, value in plain.items() if key in {"sslmode", "sslrootcert", "options"}}
    place = f"{settings['HOST']}:{settings['PORT']}" if settings["PORT"] else settings["HOST"]
    query = f"?{urlencode(known)}" if known else ""
    return Database(f"postgresql://{login}@{place}/{quote(settings['NAME'], safe='')}{query}")


def raw(alias: str = "default") -> Any:
    """The driver's own connection beneath Django's: what is done on it shares Django's transaction."""
    connection = connections[alias]
    connection.ensure_connection()
    return connection.connection
