"""The example of the page on verdicts, run as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.documents import blocks

PAGE = Path(__file__).parents[2] / "docs" / "abtests.md"


def test_the_example_goes_from_rows_to_a_winner() -> None:
    (example,) = [block.text for block in blocks(PAGE) if block.language == "python"]
    said: dict[str, Any] = {}
    exec(example, said)  # noqa: S102 - of our own document
    assert said["verdict"].state == "winner"
    assert said["verdict"].sentence.startswith("conversion of 8: +0.0")
