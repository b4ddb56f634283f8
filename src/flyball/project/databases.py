"""A database URL as Django's ``DATABASES`` entry."""

from __future__ import annotations

from typing import Any

from flyball.control.connection import LITE
from flyball.stores.database import sqlite_path


def django_database(url: str) -> dict[str, Any]:
    """Django's settings for ``sqlite:///path`` or ``postgresql://user:password@host:port/name?option=…``.

    A PostgreSQL URL is read by its own library, and so means what it means to ``flyball serve``. Raises
    ``ValueError`` for any other scheme, and for a URL that cannot be read.
    """
    if url.startswith("sqlite:"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": sqlite_path(url), "OPTIONS": dict(LITE)}
    if not url.startswith(("postgres://", "postgresql://")):
        raise ValueError("FLYBALL_DATABASE_URL begins with sqlite:/// or postgresql://.")
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        options = conninfo_to_dict(url)
    except ProgrammingError:  # not its message: that may hold the password
        raise ValueError("FLYBALL_DATABASE_URL is no URL that PostgreSQL's library can read.") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": options.pop("dbname", ""),
        "USER": options.pop("user", ""),
        "PASSWORD": options.pop("password", ""),
        "HOST": options.pop("host", ""),
        "PORT": options.pop("port", ""),
        "OPTIONS": options,
    }
