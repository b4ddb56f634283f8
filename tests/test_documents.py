"""The tutorial, followed as a new user would; and Python blocks that at least compile."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path

import pytest

from flyball.control.declarations.names import CATALOGUE
from flyball.learning.catalog import CATALOG
from tests.browser.conftest import CHROMIUM
from tests.browser.pictures import TAUGHT, TUTORIAL, WEEK, photographing
from tests.documents import blocks, follow
from tests.shell import Shell

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.journey
def test_the_tutorial_leads_from_init_to_the_first_outcome_and_beyond(tmp_path: Path) -> None:
    shell, taken = Shell(tmp_path), tmp_path / "pictures"
    with photographing(tmp_path / "hello", shell.port, taken) if CHROMIUM else nullcontext() as photograph:
        said = follow(TUTORIAL, shell, photograph)
    assert {picture.stem for picture in taken.glob("*.webp")} == (set(TAUGHT) if CHROMIUM else set())
    assert re.search(r'"id":"[0-9a-f-]{36}","endpoint":"late","version":1', said)
    assert '"pointer":"/input/distance_km"' in said
    assert "4 of 4 rows are answered in answers.csv." in said
    assert '"bound":1' in said
    assert "1 bound, 1 held, 0 ambiguous, 0 unmatched." in said
    assert "late@2" in said
    assert "new decision" in said


def test_the_declaration_that_readme_and_tutorial_show_is_the_one_that_init_writes(tmp_path: Path) -> None:
    Shell(tmp_path).run("flyball", "init", "hello")
    written = (tmp_path / "hello" / "hello" / "endpoints.py").read_text()
    (shown,) = [block.text for block in blocks(ROOT / "README.md") if block.language == "python"]
    first = next(block.text for block in blocks(ROOT / "docs" / "tutorial.md") if block.title)
    assert shown in written
    assert first == written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_in_documents_compiles_and_its_imports_exist(page: Path) -> None:
    for block in blocks(page):
        if block.language == "python":
            compile(block.text, page.name, "exec")
            imports = [
                line for line in block.text.splitlines() if re.match(r"(from flyball|import flyball)", line)
            ]
            exec("\n".join(imports), {})  # noqa: S102 - import lines of our own documents


def test_the_catalogue_s_table_names_what_there_is_and_how_many_rows_it_takes() -> None:
    section = (ROOT / "docs" / "declaration.md").read_text().split("## The catalogue")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (`.+`) \|$", section, re.M)
    assert {task: tuple(re.findall(r"`(\w+)`", names)) for task, names in rows} == CATALOGUE
    said = {
        name: int(most.replace(",", ""))
        for names, most in re.findall(r"((?:`\w+`(?: and\s)?)+)[^`]*at most ([\d,]+\d)", section)
        for name in re.findall(r"`(\w+)`", names)
    }
    entries = [(name, entry) for task in CATALOG.values() for name, entry in task.items()]
    assert said == {name: entry.rows for name, entry in entries if entry.rows is not None}


def test_pictures_are_small_taken_by_one_command_and_all_shown() -> None:
    pictures = {path.name: path.stat().st_size for path in (ROOT / "docs" / "pictures").iterdir()}
    shown = {name for page in PAGES for name in re.findall(r"pictures/([^)]+)", page.read_text())}
    assert set(pictures) == shown == {f"{name}.webp" for name in (*TAUGHT, WEEK)}
    assert {name: size for name, size in pictures.items() if size > 60_000} == {}


def test_every_make_target_that_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = {
        name
        for page in [*PAGES, ROOT / "CONTRIBUTING.md"]
        for name in re.findall(r"`make (\w+)", page.read_text())
    }
    assert named <= targets
