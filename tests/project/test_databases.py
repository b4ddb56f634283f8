"""One database for both planes: whatever Django is told of it, the stores connect alike."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db.utils import ConnectionHandler
from psycopg.conninfo import conninfo_to_dict

from flyball.control.connection import behind
from flyball.project.databases import django_database
from flyball.stores.database import Database

URLS: list[tuple[str, str, dict[str, str]]] = [
    ("the usual", "postgresql://ada:secret@db:5433/loans",
     {"user": "ada", "password": "secret", "host": "db", "port": "5433", "dbname": "loans"}),
    ("the older scheme", "postgres://ada@db/loans", {"user": "ada", "host": "db", "dbname": "loans"}),
    ("a socket's directory", "postgresql:///loans?host=/var/run/postgresql",
     {"host": "/var/run/postgresql", "dbname": "loans"}),
    ("a socket's directory as the host", "postgresql://ada@%2FVar%2Frun/loans",
     {"user": "ada", "host": "/Var/run", "dbname": "loans"}),
    ("IPv6", "postgresql://ada@[2001:db8::1]:5433/loans",
     {"user": "ada", "host": "2001:db8::1", "port": "5433", "dbname": "loans"}),
    ("several hosts", "postgresql://ada@a:5432,b:5433/loans?target_session_attrs=read-write",
     {"user": "ada", "host": "a,b", "port": "5432,5433", "dbname": "loans",
      "target_session_attrs": "read-write"}),
    ("a password with everything in it", "postgresql://ada:a%40b%2Fc%3Ad%25+%23%3F@db/loans",
     {"user": "ada", "password": "a@b/c:d%+#?", "host": "db", "dbname": "loans"}),
    ("certificates", "postgresql://db/loans?sslmode=verify-full&sslcert=/a%20b/c.pem&sslkey=/k&sslrootcert=/r",
     {"host": "db", "dbname": "loans", "sslmode": "verify-full", "sslcert": "/a b/c.pem", "sslkey": "/k",
      "sslrootcert": "/r"}),
    ("a service", "postgresql://?service=loans", {"service": "loans"}),
    ("a file of passwords", "postgresql://db/loans?passfile=/run/secrets/pgpass",
     {"host": "db", "dbname": "loans", "passfile": "/run/secrets/pgpass"}),
    ("options, with a plus", "postgresql://db/loans?options=-c%20search_path%3Da,b+c&connect_timeout=3",
     {"host": "db", "dbname": "loans", "options": "-c search_path=a,b+c", "connect_timeout": "3"}),
    ("a name with a slash and a blank", "postgresql://db/a%2Fb%20c", {"host": "db", "dbname": "a/b c"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "url", "expected"), URLS, ids=[each[0] for each in URLS])
def test_a_url_means_the_same_to_django_and_to_the_stores(
    what: str, url: str, expected: dict[str, str]
) -> None:
    found = behind(ConnectionHandler({"default": django_database(url)})["default"])
    assert conninfo_to_dict(found.url) == {**expected, "client_encoding": "UTF8"}
    assert conninfo_to_dict(url) == expected  # as ``flyball serve`` reads it


OWN: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("a pool is Django's own", {"OPTIONS": {"pool": {"min_size": 1}}}, {}),
    ("so is an isolation level", {"OPTIONS": {"isolation_level": 3}}, {}),
    ("and what only Python's driver knows", {"OPTIONS": {"prepare_threshold": 5}}, {}),
    ("numbers are written as text", {"OPTIONS": {"connect_timeout": 3}}, {"connect_timeout": "3"}),
    ("a role is taken", {"OPTIONS": {"assume_role": "loan officer"}}, {"options": r"-c role=loan\ officer"}),
    ("beside other options", {"OPTIONS": {"options": "-c geqo=off", "assume_role": "ada"}},
     {"options": "-c geqo=off -c role=ada"}),
    ("certificates", {"OPTIONS": {"sslcert": "/c", "sslmode": "verify-ca"}},
     {"sslcert": "/c", "sslmode": "verify-ca"}),
    ("nothing at all", {}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "settings", "expected"), OWN, ids=[each[0] for each in OWN])
def test_what_a_guest_has_set_is_how_the_stores_connect(
    what: str, settings: dict[str, Any], expected: dict[str, str]
) -> None:
    entry = {"ENGINE": "django.db.backends.postgresql", "NAME": "loans", **settings}
    found = behind(ConnectionHandler({"default": entry})["default"])
    assert conninfo_to_dict(found.url) == {"dbname": "loans", "client_encoding": "UTF8", **expected}


@pytest.mark.storage
def test_a_role_that_django_assumes_is_assumed_by_the_stores(database: Database) -> None:
    if not database.is_postgres:
        pytest.skip("SQLite has no roles.")
    entry = {**django_database(database.url), "OPTIONS": {"assume_role": "pg_read_all_data"}}
    found = behind(ConnectionHandler({"default": entry})["default"])
    with closing(found.connect()) as connection:
        assert connection.execute("SELECT current_role").fetchone()[0] == "pg_read_all_data"


ODD = ["a b.sqlite3", "what?.sqlite3", "no#1.sqlite3", "100%.sqlite3", "%41.sqlite3", "ä+&=.sqlite3"]


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("is_relative", [True, False])
def test_a_file_of_any_name_is_the_same_file_for_both(
    name: str, is_relative: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    entry = {"ENGINE": "django.db.backends.sqlite3", "NAME": name if is_relative else tmp_path / name}
    django = ConnectionHandler({"default": entry})["default"]
    with closing(sqlite3.connect(django.get_connection_params()["database"])) as connection:
        connection.execute("CREATE TABLE here (id integer)")
    found = behind(django)
    with closing(found.connect()) as connection:
        assert connection.execute("SELECT count(*) FROM here").fetchone() == (0,)
    assert django_database(found.url)["NAME"] == str(tmp_path / name)


WRONG = [
    "sqlite:///loans?mode=ro",
    "sqlite:///no#1.sqlite3",
    "sqlite://loans.sqlite3",
    "mysql://ada:secret@db/loans",
    "postgresql://ada:secret@db:port/loans?nonsense=1",
]


@pytest.mark.parametrize("url", WRONG)
def test_a_url_that_cannot_be_meant_so_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///|FLYBALL_DATABASE_URL") as error:
        django_database(url)
    assert "secret" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Database("postgresql://ada:secret@db/loans"))
