"""A server as ``flyball up`` starts it, on a project of its own, for attacks to aim at."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.target import Target
from tests.shell import Shell


@pytest.fixture(scope="session", autouse=True)
def many_files() -> None:
    """A crowd needs a file descriptor for each of its clients."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The server; its temporary files go into a folder of their own."""
    home = tmp_path_factory.mktemp("attacked")
    Shell(home).run("flyball", "init", "hello")
    (home / "hello" / "hello" / "endpoints.py").write_text('"""Nothing yet."""\n')
    spool = home / "spool"
    spool.mkdir()
    settings = {
        "TMPDIR": str(spool),
        "FLYBALL_DRAIN_SECONDS": "1",
        "FLYBALL_IDLE_SECONDS": "5",
        "FLYBALL_BODY_SECONDS": "5",
    }
    shell = Shell(home / "hello", settings)
    with shell.up() as server:
        yield Target(server, shell, Path(spool))
