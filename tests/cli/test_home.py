"""Flyball's home: closed to others, out of git, and with the owner's key said once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from flyball.config import load, make_home
from flyball.stores.database import Database
from tests.shell import PATIENCE, Shell

GUEST = """
from flyball import APPS
INSTALLED_APPS += ["rest_framework", *APPS, "loans"]
"""
ENDPOINT = """
from flyball import Classification, Outcome, Rows, Search

class Late(Classification):
    rows = Rows("rows.csv")
    outcome = Outcome("late", positive="yes")
    search = Search(trials=1)
    candidates = ["linear"]
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_is_made_closed_and_ignored_by_git(tmp_path: Path) -> None:
    home = make_home(tmp_path / "deep" / "home")
    assert mode(home) == 0o700
    assert (home / ".gitignore").read_text() == "*\n"


def test_a_home_that_is_there_already_keeps_its_files(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    make_home(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


def test_the_home_of_a_guest_is_closed_and_ignored_by_git(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("django-admin", "startproject", "bank", ".")
    (tmp_path / "bank" / "settings.py").open("a").write(GUEST)
    (tmp_path / "loans").mkdir()
    (tmp_path / "loans" / "__init__.py").touch()
    (tmp_path / "loans" / "endpoints.py").write_text(ENDPOINT)
    lines = [f"{number},{'yes' if number % 3 else 'no'}" for number in range(60)]
    (tmp_path / "rows.csv").write_text("\n".join(["age,late", *lines]) + "\n")
    shell.run("python", "manage.py", "migrate", "--verbosity", "0")
    shell.run("python", "manage.py", "flyball", "apply")
    shell.run("python", "manage.py", "flyball", "snapshot", "late")
    assert mode(tmp_path / ".flyball") == 0o700
    shell.run("git", "init", "--quiet")
    assert ".flyball" not in shell.run("git", "status", "--short", "--untracked-files=all").stdout


@pytest.mark.parametrize("umask", [0o022, 0o000])
def test_the_database_is_closed_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        connection = Database(f"sqlite://{quote(str(tmp_path / 'flyball.sqlite3'))}").connect()
        connection.execute("CREATE TABLE numbers (number)")
    finally:
        os.umask(before)
    files = {path.name: mode(path) for path in tmp_path.iterdir()}
    connection.close()
    assert files == {f"flyball.sqlite3{end}": 0o600 for end in ("", "-shm", "-wal")}


def test_the_database_that_migrate_makes_is_closed(project: Shell) -> None:
    project.run("sh", "-c", "umask 0 && python manage.py migrate contenttypes --verbosity 0")
    assert mode(project.directory / ".flyball" / "flyball.sqlite3") == 0o600


def test_a_home_that_others_can_look_into_is_a_warning(project: Shell, tables: Path) -> None:
    assert "W003" not in project.run("python", "manage.py", "check").stderr
    home = make_home(project.directory / ".flyball")
    home.chmod(0o750)
    assert "flyball.W003" in project.run("python", "manage.py", "check").stderr
    refused = project.run("flyball", "serve", exits=1).stderr  # before there are tables
    assert "Other users can look into" not in refused
    shutil.copy2(tables / "flyball.sqlite3", home)
    assert "Other users can look into" in _started(project, "serve")


def _started(shell: Shell, *words: str) -> str:
    """What a server says on standard error until it answers."""
    server = subprocess.Popen(
        ["flyball", *words],
        cwd=shell.directory,
        env=shell.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert server.stdout is not None
    server.stdout.readline()
    os.killpg(server.pid, signal.SIGINT)
    return server.communicate(timeout=PATIENCE)[1]


def test_a_database_in_a_directory_of_any_name_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "my project #1, 100% sure?"
    folder.mkdir()
    Shell(folder).run("flyball", "init", "hello", "--directory", ".")
    (folder / "hello" / "endpoints.py").write_text('"""Nothing yet."""\n')
    shell = Shell(folder)
    with shell.up() as server:
        assert server.ask("GET", "/v1/status")["recorder"]["durability"] == "synchronous=2"
    assert (folder / ".flyball" / "flyball.sqlite3").exists()


def test_a_setting_of_the_home_gives_a_url_that_leads_there() -> None:
    own = load({"FLYBALL_HOME": "/srv/100% mine/#1?"})
    assert own.database_url == "sqlite:////srv/100%25%20mine/%231%3F/flyball.sqlite3"


def test_the_owners_key_is_printed_when_it_is_made_and_never_again(bare: Shell) -> None:
    with bare.up() as first:
        key = (bare.directory / ".flyball" / "owner.key").read_text().strip()
        assert json.loads(first.said)["key"] == key
    with bare.up() as second:
        assert key not in second.said
        assert json.loads(second.said)["key_file"] == str(bare.directory / ".flyball" / "owner.key")
        assert second.key == key
