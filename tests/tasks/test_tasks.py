"""A page for each task, followed as its reader would, in the tutorial's project while that is up."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.browser.person import somebody
from tests.documents import follow
from tests.shell import HTTP, PATIENCE, Shell

EXAMPLES = Path(__file__).parents[2] / "examples"
TASKS = Path(__file__).parents[2] / "docs" / "tasks"
SAID = {
    "answer-a-file": ["order-502,35,1.2", "/input/distance_km wrong_type", "2 bound, 0 held"],
    "ask-from-a-program": ["yes warn", "1 bound"],
    "change-a-model": ["late@2", "late@1 is champion"],
    "erase-a-person": ["1 prediction", '"predictions":[]'],
    "find-out-why": [
        '"reference":"order-417"',
        "the same (late@1",
        "distance_km = 410",
        '"decision": "wait"',
    ],
    "keep-learning": ["build-every-monday-at-06-00"],
    "let-people-in": ["/join/", "fb_"],
    "my-own-algorithm": ["built"],
    "predict-in-a-view": ['"warn": '],
    "serve-my-model": ["by_hand", "is champion"],
    "use-my-tables": ["champion now"],
}
"""What each page's commands print, when all goes well."""

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def asking(project: Shell) -> Shell:
    """The examples' folder, with what a page needs: a server, a caller's key and an endpoint."""
    key = project.run("flyball", "keys", "issue", "--role", "caller", "--endpoint", "late").stdout.strip()
    url = f"http://127.0.0.1:{project.port}"
    return Shell(EXAMPLES, {"FLYBALL_URL": url, "FLYBALL_KEY": key, "FLYBALL_ENDPOINT": "late"})


def test_a_flask_page_refuses_answers_and_hears(asking: Shell, chromium: Browser) -> None:
    flask = ["flask", "--app", "flask_app", "run", "--port", str(asking.port)]
    with running(asking, *flask) as url, somebody(chromium, url) as person:
        person.go("/")
        person.fill(distance_km="far")
        person.click("Ask")
        assert person.sees("/input/distance_km: Expected a number.")
        person.fill(distance_km="410")
        person.page.get_by_label("service").select_option("standard")
        person.page.get_by_label("depot").select_option("west")
        person.click("Ask")
        assert person.sees("Decision: warn")
        person.click("no", exact=True)
        assert person.sees("it is recorded")


def test_a_streamlit_page_answers_and_hears(asking: Shell, chromium: Browser) -> None:
    alone = [
        "--server.address",
        "127.0.0.1",
        "--server.headless",
        "true",
        "--browser.gatherUsageStats",
        "false",
    ]
    streamlit = ["streamlit", "run", "streamlit_app.py", "--server.port", str(asking.port), *alone]
    with running(asking, *streamlit) as url, somebody(chromium, url) as person:
        person.go("/")
        person.page.get_by_label("distance_km", exact=True).fill("410")
        for name, value in {"service": "standard", "depot": "west"}.items():
            person.page.get_by_role("combobox", name=name).click()
            person.page.get_by_role("option", name=value).click()
        person.page.get_by_role("button", name="Ask").click()
        person.waits_for("Decision: warn")
        person.page.get_by_text("no", exact=True).click()
        person.page.get_by_role("button", name="Tell").click()
        person.waits_for("it is recorded")
        person.look()


@pytest.mark.parametrize("name", ["flask_app", "streamlit_app"])
def test_a_page_of_ones_own_takes_few_lines(name: str) -> None:
    assert len((EXAMPLES / f"{name}.py").read_text().splitlines()) < 60


def test_every_page_is_followed() -> None:
    assert {page.stem for page in TASKS.glob("*.md")} == set(SAID)


@pytest.mark.parametrize("name", sorted(SAID))
def test_a_task_s_page_leads_where_it_says(project: Shell, name: str) -> None:
    said = follow(TASKS / f"{name}.md", project)
    assert [words for words in SAID[name] if words not in said] == [], said


@contextmanager
def running(shell: Shell, *words: str) -> Iterator[str]:
    """Where a program answers, until the block ends."""
    program = subprocess.Popen(words, cwd=shell.directory, env=shell.environment)
    url = f"http://127.0.0.1:{shell.port}"
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers(url):
            assert program.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield url
    finally:
        program.terminate()
        program.wait(PATIENCE)


def answers(url: str) -> bool:
    """Whether somebody answers there."""
    try:
        return HTTP.get(url).is_success
    except httpx.TransportError:
        return False
