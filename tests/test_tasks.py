"""A page for each task, followed as its reader would, in the tutorial's project while that is up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import follow
from tests.shell import Shell

TASKS = Path(__file__).parent.parent / "docs" / "tasks"
SAID = {
    "answer-a-file": ["order-502,35,1.2", "/input/distance_km wrong_type", "2 bound, 0 held"],
    "change-a-model": ["late@2", "late@1 is champion"],
    "erase-a-person": ["1 prediction", '"predictions":[]'],
    "find-out-why": ['"reference":"order-417"', "the same (late@1", '"decision": "wait"'],
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


def test_every_page_is_followed() -> None:
    assert {page.stem for page in TASKS.glob("*.md")} == set(SAID)


@pytest.mark.parametrize("name", sorted(SAID))
def test_a_task_s_page_leads_where_it_says(project: Shell, name: str) -> None:
    said = follow(TASKS / f"{name}.md", project)
    assert [words for words in SAID[name] if words not in said] == [], said
