"""The table of compiled families in docs/operations.md: what stands there, and the command that writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.tables import markers, table, written

from tests.learning.compiling.catalogue import FAMILIES, Found, on_bundled

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"
NAME, COMMAND = "compiled", "python -m tests.learning.compiling.table"
HEAD = ("family", "compiled, or why not", "largest error", "µs for a row alone")
BOUNDS: Mapping[str, float] = {"0": 0.0, "≤ 1e-12": 1e-12, "≤ 1e-9": 1e-9, "≤ 1e-6": 1e-6}
"""What stands for an error. Linear algebra rounds otherwise on another machine: but for 0, the bound that is
written is at least ten times what was found."""


def family(task: str, name: str) -> str:
    """What a row begins with."""
    return f"{task}: `{name}`"


def compiled(found: Sequence[Found]) -> str:
    """Compiled on every table; else the first reason why not."""
    return next((each.reason for each in found if each.reason), "compiled")


def error(found: Sequence[Found]) -> float:
    """The largest on any table."""
    return max(each.error for each in found)


def documented() -> Mapping[str, Sequence[str]]:
    """The rows of the document: what stands in the cells after the family."""
    first, last = markers(NAME, COMMAND)
    block = PAGE.read_text().split(first)[1].split(last)[0]
    lines = [line.strip("| ").split(" | ") for line in block.strip().splitlines()[2:]]
    return {cells[0]: cells[1:] for cells in lines}


def measured(task: str, name: str) -> Sequence[str]:
    """A row. The time is that on the table with every kind of field."""
    found = on_bundled(task, name)
    bound = next(bound for bound, most in BOUNDS.items() if error(found) * 10 <= most)
    (alone, *_) = (each.microseconds for each in found if each.table == "mixed")
    return [family(task, name), compiled(found), bound, f"{alone:.0f}"]


def write() -> None:
    """Fit every family, and write the table into the document."""
    rows = [measured(*each) for each in FAMILIES]
    PAGE.write_text(written(PAGE.read_text(), {NAME: table(HEAD, rows)}, by=COMMAND))


if __name__ == "__main__":
    write()
