"""The tutorial's project, up, for the pages and programs that stand on it; and a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import chromium
from tests.shell import Shell

__all__ = ["chromium"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The tutorial's project, up, with builds that take no time."""
    folder = tmp_path_factory.mktemp("tasks")
    Shell(folder).run("flyball", "init", "hello")
    shell = Shell(folder / "hello")
    declared = shell.directory / "hello" / "endpoints.py"
    quick = declared.read_text().replace("Search(trials=4)", 'Search(trials=1)\n    candidates = ["linear"]')
    declared.write_text(quick)
    with shell.up("--build", worker=True) as server:
        yield Shell(shell.directory, {"FLYBALL_KEY": server.key}, port=shell.port)
