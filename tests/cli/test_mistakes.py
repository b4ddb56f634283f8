"""Mistakes in a project's surroundings end a command with a sentence, never with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

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
