"""A real server process of the one-port application, with a project of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from flyball.stores.database import Database
from tests.shell import HTTP, free_port

SETTINGS = """
from flyball.project.settings import *
INSTALLED_APPS += ["market"]
"""
ENDPOINTS = """
from flyball import Classification, Outcome, Rows, Threshold

class Purchase(Classification):
    team = "lending"
    rows = Rows({rows!r})
    outcome = Outcome("bought", positive="yes")
"""
COMMANDS = {
    "granian": ["granian", "--interface", "asgi", "--host", "127.0.0.1", "--port"],
    "uvicorn": ["uvicorn", "--log-level", "warning", "--host", "127.0.0.1", "--port"],
}
STARTS_WITHIN = 60.0


def project(folder: Path, rows: Path) -> Path:
    """A folder with settings and an app that declares the endpoint."""
    (folder / "market").mkdir()
    (folder / "market" / "__init__.py").write_text("")
    (folder / "market" / "endpoints.py").write_text(ENDPOINTS.format(rows=str(rows)))
    (folder / "market_settings.py").write_text(SETTINGS)
    return folder


@contextmanager
def serve(server: str, folder: Path, database: Database) -> Iterator[str]:
    """The URL of a server that answers, until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", *COMMANDS[server], str(port), "flyball.project.asgi:application"]
    environ = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "DJANGO_SETTINGS_MODULE": "market_settings",
        "FLYBALL_DATABASE_URL": database.url,
    }
    process = subprocess.Popen(command, cwd=folder, env=environ)
    try:
        _wait(f"http://127.0.0.1:{port}/v1/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            HTTP.get(url, timeout=5)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")
