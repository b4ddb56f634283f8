"""A project's surroundings: mistakes in them end with a sentence, and a guest's own ways are followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client
from django.urls import include, path

from flyball.cli.sample import curl
from tests.cli.conftest import Typed
from tests.cli.test_projects import serving
from tests.shell import Shell


@pytest.fixture
def project(tmp_path: Path) -> Shell:
    """What ``flyball init`` makes."""
    Shell(tmp_path).run("flyball", "init", "hello")
    return Shell(tmp_path / "hello")


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


def test_the_data_plane_outside_a_project_asks_for_its_database(tmp_path: Path) -> None:
    assert "FLYBALL_DATABASE_URL" in Shell(tmp_path).run("flyball", "serve", exits=2).stderr


def test_the_printed_line_goes_where_a_guest_has_put_the_doors(
    typed: Typed, champion: str, settings: Any
) -> None:
    assert "http://here/v1/endpoints/purchase/predictions" in str(curl("http://here", "key", "default"))
    settings.ROOT_URLCONF = (path("ml/", include("flyball.urls")),)
    assert "http://here/ml/v1/endpoints/purchase/predictions" in str(curl("http://here", "key", "default"))


def test_the_root_of_a_ready_made_project_leads_to_the_admin() -> None:
    assert Client().get("/").headers["Location"] == "/admin/"


def test_a_guest_without_an_asgi_application_is_served_through_django(tmp_path: Path) -> None:
    Shell(tmp_path).run("django-admin", "startproject", "bank", ".")
    added = "\nfrom flyball import APPS\nINSTALLED_APPS += ['rest_framework', *APPS]\n"
    (tmp_path / "bank" / "settings.py").open("a").write(added)
    shell = Shell(tmp_path)
    with serving(shell, "up"):
        assert httpx.get(f"http://127.0.0.1:{shell.port}/admin/login/", timeout=30).status_code == 200
