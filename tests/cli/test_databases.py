"""A database that cannot be used: each command says in one sentence what to do, and ends with 1."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.shell import Shell, free_port

COMMANDS = (
    "apply",
    "apply --dry-run",
    "snapshot late",
    "build late",
    "versions late",
    "versions late --leaderboard",
    "promote late@1",
    "rollback late",
    "predict late --input {}",
    "outcomes late --reference a --value no",
    "outcomes late --pull",
    "keys list",
    "keys issue --role member",
    "keys revoke 1",
    "export late@1 out",
)
"""Every command that needs the database and ends by itself; ``import`` reads its folder first."""
RUN = """
import json, sys
from click.testing import CliRunner
from flyball.cli.main import main
seen = {}
for line in json.load(sys.stdin):
    result = CliRunner().invoke(main, line.split())
    seen[line] = [result.exit_code, result.stderr, repr(result.exception)]
print(json.dumps(seen))
"""
POSTGRES = os.environ.get("FLYBALL_DATABASE_URL", "")


def said_by_each(shell: Shell, *lines: str) -> dict[str, tuple[int, str, str]]:
    """Exit code, standard error and exception of each command, all typed in one process."""
    done = subprocess.run(
        ["python", "-c", RUN],
        input=json.dumps(lines),
        cwd=shell.directory,
        env=shell.environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, tuple[int, str, str]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def wrong_database(kind: str, folder: Path) -> str:
    """The URL of a database that cannot be used."""
    if kind == "a text file":
        (folder / "notes.txt").write_text("Not a database, but long enough to be looked at. " * 200)
    return {
        "no server": f"postgresql://somebody@127.0.0.1:{free_port()}/flyball",
        "no tables": f"sqlite:///{folder}/new.sqlite3",
        "no directory": f"sqlite:///{folder}/not/here/flyball.sqlite3",
        "a directory that takes no files": "sqlite:////proc/flyball.sqlite3",
        "a directory": f"sqlite:///{folder}",
        "a text file": f"sqlite:///{folder}/notes.txt",
    }[kind]


KINDS = {
    "no server": "does not answer",
    "no tables": "python manage.py migrate",
    "no directory": "no directory",
    "a directory that takes no files": "cannot be opened",
    "a directory": "is a directory",
    "a text file": "is not an SQLite database",
}


@pytest.mark.parametrize(("kind", "advice"), KINDS.items(), ids=list(KINDS))
def test_every_command_says_in_one_sentence_what_is_wrong_with_the_database(
    project: Shell, tmp_path: Path, kind: str, advice: str
) -> None:
    shell = Shell(project.directory, {"FLYBALL_DATABASE_URL": wrong_database(kind, tmp_path)})
    seen = said_by_each(shell, *COMMANDS)
    wrong = {
        line: found
        for line, found in seen.items()
        if found[0] != 1 or advice not in found[1] or len(found[1].splitlines()) != 1
    }
    assert wrong == {}


@pytest.mark.parametrize("kind", ["no server", "no directory", "a text file"])
@pytest.mark.parametrize("command", ["up", "serve", "web"])
def test_no_server_starts_on_a_database_that_cannot_be_used(
    project: Shell, tmp_path: Path, command: str, kind: str
) -> None:
    shell = Shell(project.directory, {"FLYBALL_DATABASE_URL": wrong_database(kind, tmp_path)})
    said = shell.run("flyball", command, exits=1).stderr
    assert KINDS[kind] in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["serve", "web"])
def test_no_server_starts_on_a_database_without_tables(project: Shell, command: str) -> None:
    assert "python manage.py migrate" in project.run("flyball", command, exits=1).stderr


def test_programs_get_the_sentence_as_a_document(project: Shell) -> None:
    document: Any = json.loads(project.run("flyball", "versions", "late", "--json", exits=1).stderr)
    assert document["code"] == "database"
    assert "migrate" in document["detail"]


@pytest.mark.storage
@pytest.mark.skipif(not POSTGRES.startswith("postgres"), reason="PostgreSQL's own refusals")
def test_a_database_that_postgresql_does_not_have_is_named(project: Shell) -> None:
    url = POSTGRES.rpartition("/")[0] + "/no_such_database"
    seen = said_by_each(Shell(project.directory, {"FLYBALL_DATABASE_URL": url}), *COMMANDS)
    assert {line: found for line, found in seen.items() if "no_such_database" not in found[1]} == {}
    assert {line: found for line, found in seen.items() if "createdb" not in found[1]} == {}
    assert {found[0] for found in seen.values()} == {1}


@pytest.mark.storage
@pytest.mark.skipif(not POSTGRES.startswith("postgres"), reason="PostgreSQL's own refusals")
def test_a_user_that_postgresql_does_not_let_in_is_told_to_look_at_the_url(project: Shell) -> None:
    place = POSTGRES.rpartition("@")[2]
    url = f"postgresql://no_such_role:s3cret@{place}"
    seen = said_by_each(Shell(project.directory, {"FLYBALL_DATABASE_URL": url}), *COMMANDS)
    assert {line: found for line, found in seen.items() if "FLYBALL_DATABASE_URL" not in found[1]} == {}
    assert "s3cret" not in json.dumps(seen)
