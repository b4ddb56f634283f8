"""A project's surroundings: mistakes in them end with a sentence, and a guest's own ways are followed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import include, path

from flyball import RequestSource
from flyball.cli.main import main
from flyball.cli.servers.example_request import curl
from flyball.control.datasets.models import Snapshot
from flyball.control.datasets.selectors import snapshot_path
from tests.cli.conftest import Typed
from tests.cli.test_projects import serving
from tests.routing.purchase import pays
from tests.shell import Shell


@pytest.mark.parametrize(
    ("command", "variable", "value", "said"),
    [
        ("versions late", "FLYBALL_PORT", "abc", "FLYBALL_PORT does not fit"),
        ("versions late", "FLYBALL_DATABASE_URL", "mysql://x/y", "FLYBALL_DATABASE_URL does not fit"),
        ("versions late", "DJANGO_SETTINGS_MODULE", "nope.settings", "nope.settings cannot be loaded"),
        ("versions late", "FLYBALL_HOME", "/proc/nowhere", "cannot be loaded"),
        ("serve", "FLYBALL_DATABASE_URL", "mysql://x/y", "FLYBALL_DATABASE_URL does not fit"),
        ("serve", "FLYBALL_HOST", "no.such.host.invalid", "FLYBALL_HOST names no address"),
        ("serve", "FLYBALL_HOST", "192.0.2.1", "No server can listen on 192.0.2.1"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    project: Shell, command: str, variable: str, value: str, said: str
) -> None:
    there = Shell(project.directory, {variable: value})
    stderr = there.run("flyball", *command.split(), exits=1).stderr
    assert said in stderr
    assert "Traceback" not in stderr


def sentence(shell: Shell, *words: str, exits: int = 1) -> str:
    """What a command says, which is one line."""
    said = shell.run("flyball", *words, exits=exits).stderr
    assert "Traceback" not in said
    assert said.startswith("Error: ")
    return said


BROKEN = {
    "a syntax error": ("class Late(\n", "line 2", "SyntaxError"),
    "a missing module": ("import no_such_module_anywhere\n", "line 2", "no_such_module_anywhere"),
    "an exception": ("\nLATE = 1 / 0\n", "line 3", "ZeroDivisionError"),
    "an exit": ("\nraise SystemExit\n", "line 3", "SystemExit"),
    "an exit with a word": ("import sys\nsys.exit('enough')\n", "line 3", "SystemExit: enough"),
    "a misspelt word": ("\nfrom flyball import Rowz\n", "line 3", "Rowz"),
}


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        *((kind, "check --no-build") for kind in BROKEN),
        *(("an exception", command) for command in ("apply", "versions late", "up")),
    ],
)
def test_a_mistake_in_the_users_own_code_is_named_with_file_and_line(
    migrated: Shell, kind: str, command: str
) -> None:
    code, line, said = BROKEN[kind]
    (migrated.directory / "hello" / "endpoints.py").write_text(f'"""Broken."""\n{code}')
    found = sentence(migrated, *command.split())
    assert len(found.splitlines()) == 1
    assert [each for each in ("hello/endpoints.py", line, said) if each not in found] == []


def test_a_traceback_is_shown_to_those_who_debug(project: Shell) -> None:
    (project.directory / "hello" / "endpoints.py").write_text("LATE = 1 / 0\n")
    debugging = Shell(project.directory, {"FLYBALL_DEBUG": "1"})
    assert "Traceback" in debugging.run("flyball", "check", "--no-build", exits=1).stderr


def test_a_mistake_in_the_settings_is_named_with_file_and_line(project: Shell) -> None:
    (project.directory / "hello" / "settings.py").open("a").write("\nHERE = 1 / 0\n")
    assert "hello/settings.py, line " in sentence(project, "versions", "late")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "--load", "typo"), "typo"),
        (("check", "--load", "loaddata nowhere.json"), "No fixture named 'nowhere'"),
        (("check", "--load", 'loaddata "half'), "--load"),
        (("check", "--load", " "), "--load"),
        (("init", "other", "--directory", "manage.py"), "manage.py"),
        (("init", "other", "--directory", "/proc/nowhere"), "/proc/nowhere"),
    ],
)
def test_what_cannot_be_loaded_or_written_is_named(project: Shell, words: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        ["flyball", *words], cwd=project.directory, env=project.environment, capture_output=True, text=True
    )
    assert done.returncode in {1, 2}
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["snapshot purchase --out", "export purchase@1"])
@pytest.mark.parametrize("place", ["nowhere/at/all.parquet", "rows.csv/below", "/proc/flyball.out", "."])
def test_a_place_that_cannot_be_written_is_named(
    typed: Typed, champion: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if command.startswith("export") and place in {".", "nowhere/at/all.parquet"}:
        place = "rows.csv"  # a folder is made where it is missing
    result = CliRunner().invoke(main, [*command.split(), place])
    assert result.exit_code in {1, 2}, result.output
    assert isinstance(result.exception, SystemExit)
    assert place in result.stderr


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="This system has no /dev/full.")
@pytest.mark.parametrize("words", ["versions late", "versions late --json"])
def test_a_full_disk_is_named(migrated: Shell, words: str) -> None:
    migrated.run("flyball", "apply")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            ["flyball", *words.split()],
            cwd=migrated.directory,
            env=migrated.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_answers_go_through_what_is_no_file_and_leave_it_there(
    typed: Typed, champion: str, tmp_path: Path
) -> None:
    rows, pipe = tmp_path / "rows.csv", tmp_path / "pipe"
    rows.write_text("age,job\n30,\n")
    os.mkfifo(pipe)
    words = ["predict", champion, "--file", str(rows), "--out", str(pipe)]
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    result = CliRunner().invoke(main, words)
    assert result.exit_code in {0, 1}, result.output
    assert pipe.is_fifo()
    assert os.read(reading, 1000).startswith(b"age,job,prediction,version")
    os.close(reading)


@pytest.mark.parametrize("words", ["predict purchase --out a.csv --file", "outcomes purchase"])
@pytest.mark.parametrize("kind", ["missing", "a directory", "not UTF-8", "empty"])
def test_an_input_file_that_cannot_be_read_is_named(
    typed: Typed, champion: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    given = tmp_path / "given.csv"
    if kind == "a directory":
        given.mkdir()
    elif kind != "missing":
        given.write_bytes(b"" if kind == "empty" else b"age,job,reference,value\n30,\xff,a,yes\n")
    result = CliRunner().invoke(main, [*words.split(), "given.csv"])
    assert result.exit_code in {1, 2}, result.output
    assert isinstance(result.exception, SystemExit)


def test_outcomes_in_a_file_may_be_separated_by_semicolons(
    typed: Typed, champion: str, tmp_path: Path
) -> None:
    results = tmp_path / "results.csv"
    results.write_text("reference;value\nnot-yet;no\n")
    assert typed.json("outcomes", champion, str(results))["held"] == 1


def test_serving_from_postgresql_without_its_driver_says_how_to_install_it(
    tmp_path: Path, project: Shell
) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text(
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in {'psycopg', 'psycopg2'}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
    )
    settings = {"PYTHONPATH": str(tmp_path / "without"), "FLYBALL_DATABASE_URL": "postgresql://x@127.0.0.1/x"}
    for directory in (tmp_path, project.directory):
        said = sentence(Shell(directory, settings), "serve")
        assert "pip install" in said
        assert "postgres]" in said


def test_the_data_plane_outside_a_project_asks_for_its_database(tmp_path: Path) -> None:
    assert "FLYBALL_DATABASE_URL" in Shell(tmp_path).run("flyball", "serve", exits=2).stderr


def test_the_printed_line_goes_where_a_guest_has_put_the_doors(
    typed: Typed, champion: str, settings: Any, tmp_path: Path
) -> None:
    place = ("http://here", tmp_path / "owner.key", "default")
    assert "http://here/v1/endpoints/purchase/predictions" in str(curl(*place))
    settings.ROOT_URLCONF = (path("ml/", include("flyball.urls")),)
    assert "http://here/ml/v1/endpoints/purchase/predictions" in str(curl(*place))


def test_a_line_is_printed_too_where_the_snapshots_file_is_on_another_machine(
    typed: Typed, declare: Callable[..., Any], tmp_path: Path
) -> None:
    declare(features=[RequestSource("job"), pays(tmp_path)])
    typed("apply")
    typed("build", "purchase", "--promote", "--inline")
    place = ("http://here", tmp_path / "owner.key", "default")
    assert '"entity": {"age": ' in str(curl(*place))
    snapshot_path(Snapshot.objects.get()).unlink()
    assert "purchase/predictions" in str(curl(*place))


def test_the_root_of_a_ready_made_project_is_the_console() -> None:
    assert Client().get("/").headers["Location"] == "/sign-in?next=/"


def test_a_guest_without_an_asgi_application_is_served_through_django(tmp_path: Path) -> None:
    Shell(tmp_path).run("django-admin", "startproject", "bank", ".")
    added = "\nfrom flyball import APPS\nINSTALLED_APPS += ['rest_framework', *APPS]\n"
    (tmp_path / "bank" / "settings.py").open("a").write(added)
    shell = Shell(tmp_path)
    with serving(shell, "up"):
        assert httpx.get(f"http://127.0.0.1:{shell.port}/admin/login/", timeout=30).status_code == 200
