"""The examples of the page on verdicts, run as they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.documents import blocks

PAGE = Path(__file__).parents[2] / "docs" / "abtests.md"


def run(title: str) -> dict[str, Any]:
    """What the example of that title leaves behind."""
    (example,) = [block.text for block in blocks(PAGE) if block.language == "python" and block.title == title]
    said: dict[str, Any] = {}
    exec(example, said)  # noqa: S102 - of our own document
    return said


def test_the_example_goes_from_rows_to_a_winner() -> None:
    said = run("")
    assert said["verdict"].state == "winner"
    assert said["verdict"].sentence.startswith("conversion of 8: +0.0")


def test_the_example_of_a_bandit_gives_the_better_arm_more_and_estimates_both() -> None:
    said = run("bandit")
    assert 0.85 < said["second"].shares()["7"] <= 0.9
    assert said["difference"].lower < 0.05 < said["difference"].upper
    assert said["evaluation"].interval.lower < said["evaluation"].interval.estimate == 0.5
