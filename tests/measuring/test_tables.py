"""Tables are written between their markers, and nothing else of a text is touched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from benchmarks.console.__main__ import BLOCK, COMMAND
from benchmarks.tables import markers, table, written

README = Path(__file__).parent.parent.parent / "benchmarks" / "README.md"
TEXT = """# Numbers

Before.

<!-- rates: written by make bench -->

old

<!-- end of rates -->

Between.

<!-- goals: written by make bench -->
<!-- end of goals -->

After.
"""


def test_a_block_takes_the_place_of_what_stood_between_its_markers() -> None:
    text = written(TEXT, {"rates": "new", "goals": "met"})
    assert text == (
        "# Numbers\n\nBefore.\n\n<!-- rates: written by make bench -->\n\nnew\n\n<!-- end of rates -->\n\n"
        "Between.\n\n<!-- goals: written by make bench -->\n\nmet\n\n<!-- end of goals -->\n\nAfter.\n"
    )


def test_written_twice_it_is_the_same_text() -> None:
    once = written(TEXT, {"rates": "new"})
    assert written(once, {"rates": "new"}) == once


def test_what_a_run_did_not_measure_stays() -> None:
    assert "\nold\n" in written(TEXT, {"goals": "met"})


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("rates:", "speeds:"),
        TEXT.replace("<!-- end of rates -->", ""),
        TEXT + TEXT,
        "<!-- end of rates -->\n<!-- rates: written by make bench -->",
    ],
    ids=["no beginning", "no end", "two places", "the wrong order"],
)
def test_a_text_without_the_one_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no one place for 'rates'"):
        written(text, {"rates": "new"})


def test_a_table_has_its_head_a_rule_and_its_rows() -> None:
    assert table(["", "/s"], [["a", "1"], ["b", "2"]]) == "|  | /s |\n| --- | ---: |\n| a | 1 |\n| b | 2 |"


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="more or fewer cells"):
        table(["", "/s"], [["a"]])


def test_the_document_has_a_place_for_everything_that_a_run_writes() -> None:
    text = README.read_text()
    named = re.findall(r"<!-- (\w+): written by make bench -->", text)
    assert named == ["facts", "goals", "throughput", "ratios", "inside", "startup", "many", "writes", "rows"]
    for name in named:
        first, last = markers(name)
        assert written(text, {name: f"block {name}"}).count(f"{first}\n\nblock {name}\n\n{last}") == 1


def test_the_document_has_a_place_for_the_pages_of_the_console() -> None:
    first, last = markers(BLOCK, by=COMMAND)
    assert f"{first}\n\npages\n\n{last}" in written(README.read_text(), {BLOCK: "pages"}, by=COMMAND)
