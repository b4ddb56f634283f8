"""A browser, and the example with its server, both for the tests of one file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.person import Person, somebody
from tests.shell import Server, Shell, with_candidates

EXAMPLE = Path(__file__).parents[2] / "examples" / "diagnosis"
CHROMIUM = os.environ.get("FLYBALL_TEST_CHROMIUM") or shutil.which("chromium")


@contextmanager
def chromium_browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the people of a file."""
    if CHROMIUM is None:
        pytest.skip("No Chromium is installed: FLYBALL_TEST_CHROMIUM names one.")
    with chromium_browser() as browser:
        yield browser


def example(directory: Path) -> Shell:
    """The clinic in a copy of its own, with its patients."""
    project = directory / "clinic"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".flyball", "__pycache__"))
    with_candidates(project / "clinic" / "endpoints.py", "linear")
    shell = Shell(project)
    shell.run("python", "manage.py", "migrate", "--verbosity", "0")
    shell.run("python", "manage.py", "seed")
    return shell


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The clinic, for all tests of a file."""
    return example(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def server(chromium: Browser, clinic: Shell) -> Iterator[Server]:
    """What answers: nothing has been built yet."""
    with clinic.up(worker=True) as server:
        yield server


Enter = Callable[..., AbstractContextManager[Person]]


@pytest.fixture
def enter(chromium: Browser, server: Server) -> Enter:
    """``enter()``: somebody who comes to the server, by the name that the printed link has for it."""
    return partial(somebody, chromium, server.url.replace("127.0.0.1", "localhost"))
