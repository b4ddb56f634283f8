"""Commands that make a project, find it, check it, or serve it: each in processes of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.shell import PATIENCE, Shell, all_end, processes_of


@contextmanager
def serving(shell: Shell, *words: str) -> Iterator[str]:
    """A server, until the block ends; the line that it printed when it was ready."""
    server = subprocess.Popen(
        ["flyball", *words],
        cwd=shell.directory,
        env=shell.environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline()
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(PATIENCE)


def test_init_overwrites_nothing(project: Shell) -> None:
    manage = project.directory / "manage.py"
    manage.write_text("mine")
    said = project.run("flyball", "init", "hello", "--directory", ".", exits=2).stderr
    assert "manage.py already" in said
    assert manage.read_text() == "mine"


def test_init_tells_programs_where(tmp_path: Path) -> None:
    assert Shell(tmp_path).flyball("init", "hello") == {"name": "hello", "directory": "hello"}


def test_serve_tells_programs_where(migrated: Shell) -> None:
    with serving(migrated, "serve", "--json") as line:
        assert json.loads(line) == {"url": f"http://127.0.0.1:{migrated.port}"}


@pytest.mark.parametrize("name", ["Not-A-Name", "class", "flyball", "numpy"])
def test_init_refuses_a_name_that_python_cannot_import_or_has_already(tmp_path: Path, name: str) -> None:
    Shell(tmp_path).run("flyball", "init", name, exits=2)
    assert list(tmp_path.iterdir()) == []


def test_a_new_project_keeps_its_secrets_out_of_git(project: Shell) -> None:
    project.run("python", "manage.py", "check")
    secret = project.directory / ".flyball" / "secret_key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    project.run("git", "init", "--quiet")
    assert ".flyball" not in project.run("git", "status", "--short", "--untracked-files=all").stdout


def test_the_project_is_found_from_below_and_missed_outside(project: Shell, tmp_path: Path) -> None:
    below = Shell(project.directory / "hello")
    assert "declaration checked" in below.run("flyball", "check", "--no-build").stdout
    assert "flyball init" in Shell(tmp_path).run("flyball", "check", exits=2).stderr


def test_manage_py_knows_the_same_commands(project: Shell) -> None:
    said = project.run("python", "manage.py", "flyball", "check", "--no-build").stdout
    assert "declaration checked" in said


def test_a_database_without_tables_is_told_how_to_get_them(project: Shell) -> None:
    said = project.run("flyball", "versions", "late", exits=1).stderr
    assert "python manage.py migrate" in said


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("learning", ("check",)),
        ("learning", ("snapshot", "late")),
        ("learning", ("build", "late", "--inline")),
        ("jobs", ("worker",)),
        ("project", ("versions", "late")),
    ],
)
def test_without_an_extra_a_command_says_how_to_install_it(
    migrated: Shell, without: Callable[[Shell, str], Shell], extra: str, words: tuple[str, ...]
) -> None:
    said = without(migrated, extra).run("flyball", *words, exits=1).stderr
    assert f'pip install "django-flyball[{extra}]"' in said
    assert "Traceback" not in said


def test_check_builds_without_a_database_and_leaves_nothing(project: Shell) -> None:
    (project.directory / "hello" / "endpoints.py").open("a").write('    candidates = ["linear"]\n')
    said = project.run("flyball", "check", "--min", "roc_auc=0.999", exits=4).stderr
    assert "late: roc_auc 0." in said
    assert not (project.directory / ".flyball").exists()


def test_a_start_loads_no_admin_and_no_numpy_and_its_checks_no_scikit_learn(project: Shell) -> None:
    lines = (
        "import os, sys, django",
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'hello.settings'",
        "django.setup()",
        "assert not {'unfold.admin', 'numpy'} & sys.modules.keys()",
        "from django.core.management import call_command",
        "call_command('check')",
        "assert 'sklearn' not in sys.modules",
    )
    project.run("python", "-c", "; ".join(lines))


def test_a_mistake_in_the_users_admin_is_found_by_the_checks(project: Shell) -> None:
    (project.directory / "hello" / "admin.py").write_text(
        "from django.contrib import admin\n"
        "from django.contrib.auth.models import Permission\n"
        "admin.site.register(Permission, admin.ModelAdmin, list_display=['colour'])\n"
    )
    assert "admin.E108" in project.run("python", "manage.py", "check", "--tag", "admin", exits=1).stderr


@pytest.mark.parametrize(
    ("line", "code"),
    [("metric = 'roc_auck'", "E025"), ("feature_sets = {'few': ['distance_kmm']}", "E019")],
)
def test_check_finds_what_is_misspelt_without_a_build(project: Shell, line: str, code: str) -> None:
    with (project.directory / "hello" / "endpoints.py").open("a") as file:
        file.write(f"    {line}\n")
    assert f"flyball.{code}" in project.run("flyball", "check", "--no-build", exits=1).stderr


def test_check_refuses_a_metric_that_no_endpoint_has(project: Shell) -> None:
    project.run("flyball", "check", "--min", "r2=0.5", exits=2)


def test_ctrl_c_stops_every_process_and_the_key_stays(bare: Shell) -> None:
    with bare.up() as first:
        assert len(processes_of(first.process)) >= 2
        assert first.ask("GET", "/v1/status")["recorder"]["durability"] == "synchronous=2"
        assert httpx.get(f"{first.url}/static/admin/css/base.css", timeout=10).status_code == 200
    assert all_end(first.process)
    key_file = bare.directory / ".flyball" / "owner.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    with bare.up() as second:
        assert second.key == first.key == key_file.read_text().strip()


def test_workers_end_with_a_server_that_is_killed(bare: Shell) -> None:
    with bare.up() as server:
        os.kill(server.process, signal.SIGKILL)
        assert all_end(server.process)


def test_a_port_that_is_taken_is_named(bare: Shell) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", bare.port))
        other.listen()
        assert f"Port {bare.port}" in bare.run("flyball", "up", exits=1).stderr


@pytest.mark.parametrize(
    ("command", "path", "status"),
    [("serve", "/v1/health", 200), ("serve", "/admin/login/", 401), ("web", "/sign-in", 200)],
)
def test_each_plane_serves_alone(bare: Shell, command: str, path: str, status: int) -> None:
    with serving(bare, command) as line:
        assert f"127.0.0.1:{bare.port}" in line
        assert httpx.get(f"http://127.0.0.1:{bare.port}{path}", timeout=10).status_code == status


def test_the_first_owner_signs_up_by_the_link_that_is_printed(bare: Shell) -> None:
    with bare.up("--no-worker") as server:
        link = json.loads(server.said)["invitation"].replace("localhost", "127.0.0.1")
        with httpx.Client(follow_redirects=True) as browser:
            form = browser.get(link).text
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
            assert token is not None
            sent = {"username": "ada", "password1": "correct horse 7", "password2": "correct horse 7"}
            page = browser.post(link, data={**sent, "csrfmiddlewaretoken": token[1]})
            assert (page.status_code, page.url.path) == (200, "/")
            assert browser.get(link).status_code == 404
    with bare.up("--no-worker") as server:
        assert "invitation" not in json.loads(server.said)
    (listed,) = bare.flyball("people", "list")
    assert (listed["name"], listed["team"], listed["role"]) == ("ada", "default", "owner")
