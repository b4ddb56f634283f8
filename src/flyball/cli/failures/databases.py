"""Databases that cannot be used: what is wrong, and what to do, in one sentence."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from flyball.config import Config, load
from flyball.domain.errors import DatabaseUnusable

DRIVERS = ("django.db.utils", "sqlite3", "psycopg")
KINDS = {"OperationalError", "ProgrammingError", "InterfaceError"}
"""Of PEP 249's errors those that a missing or wrong database raises, beside ``DatabaseError`` itself."""
NO_TABLE = re.compile(r'no such table: (?:\w+\.)?(\S+)|relation "([^"]+)" does not exist')
OLD_TABLE = re.compile(r"no such column|has no column named|column \S+ (?:of relation \S+ )?does not exist")
REFUSED = re.compile(r'authentication failed|role "[^"]*" does not exist|no pg_hba|no password supplied')
PLACE = re.compile(r'connection to server (?:at|on) ("[^"]+")(?: \([^)]*\))?(, port \d+)?')
ABSENT = re.compile(r'database "([^"]*)" does not exist')


def of_the_database(error: Exception) -> DatabaseUnusable | None:
    """The sentence for an error of Django's or a driver's; ``None`` where the database is not to blame."""
    names = {each.__name__ for each in type(error).__mro__ if each.__module__.startswith(DRIVERS)}
    if not names & KINDS and type(error).__name__ != "DatabaseError":
        return None
    text = str(error).strip()
    return _tables(text) or _connection(error, text)


def _tables(text: str) -> DatabaseUnusable | None:
    table = NO_TABLE.search(text)
    if table:
        name = table[1] or table[2]
        return DatabaseUnusable(f"The database has no table {name}. Make it: python manage.py migrate")
    if OLD_TABLE.search(text):
        return DatabaseUnusable("The database's tables are older than this code: python manage.py migrate")
    return None


def _connection(error: Exception, text: str) -> DatabaseUnusable | None:
    url, setting = _configured()
    if url.startswith("sqlite"):
        known = any(each.__module__ == "sqlite3" for each in type(error.__cause__ or error).__mro__)
        return _file(_path(url), text, setting) if known else None
    if "ProgrammingError" in {each.__name__ for each in type(error).__mro__}:
        return None
    return _server(text, setting)


def _path(url: str) -> Path:
    # sqlite:////srv/x is an absolute path, and of its slashes the first belongs to the URL.
    found = unquote(urlsplit(url).path)
    return Path(found[1:] if found.startswith("//") else found)


def _file(path: Path, text: str, setting: str) -> DatabaseUnusable:
    if not path.parent.is_dir():
        said = f"There is no directory {path.parent} for the database. Make it, or correct {setting}."
    elif path.is_dir():
        said = f"{path} is a directory, not a database. Correct {setting}."
    elif "not a database" in text:
        said = f"{path} is not an SQLite database. Correct {setting}."
    elif "locked" in text:
        said = f"{path} is kept locked by somebody else. Try again."
    else:
        said = f"{path} cannot be opened and written ({text}). See to its permissions, or correct {setting}."
    return DatabaseUnusable(said)


def _server(text: str, setting: str) -> DatabaseUnusable:
    reason = text.partition("\n")[0].rpartition("failed: ")[2].rstrip(".")
    absent = ABSENT.search(text)
    if absent:
        said = f"The database server has no database {absent[1]}: createdb {absent[1]}, or correct {setting}."
    elif REFUSED.search(text):
        said = f"The database server does not let this user in ({reason}). Correct {setting}."
    else:
        found = PLACE.search(text)
        place = f" at {found[1]}{found[2] or ''}" if found else ""
        said = f"The database{place} does not answer ({reason}). Start it, or correct {setting}."
    return DatabaseUnusable(said)


def _configured() -> tuple[str, str]:
    """The database's URL, as far as it is needed here, and the setting that names it."""
    settings = sys.modules.get("django.conf")
    if settings is not None and settings.settings.configured:
        own = getattr(settings.settings, "FLYBALL", None)
        database = settings.settings.DATABASES["default"]
        lite = database["ENGINE"].endswith("sqlite3")
        url = f"sqlite://{quote(str(database['NAME']))}" if lite else "postgresql://"
        return url, "FLYBALL_DATABASE_URL" if isinstance(own, Config) else "DATABASES in the settings"
    return load().database_url, "FLYBALL_DATABASE_URL"
