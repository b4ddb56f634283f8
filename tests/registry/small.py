"""A small endpoint on a small CSV file, from declaration to version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flyball import Classification, Outcome, Rows, Search
from flyball.control.datasets.models import Snapshot
from flyball.control.registry import services
from flyball.control.registry.models import Version
from tests.applied import build as applied_build
from tests.applied import take_snapshot

JOBS = ("cook", "clerk", "pilot")


def write_csv(path: Path, rows: int = 60, *, job: bool = True) -> Path:
    """Older people buy; every seventh row is an exception."""
    lines = ["age,job,bought" if job else "age,bought"]
    for number in range(rows):
        age = 20 + number % 50
        bought = "yes" if (age > 44) != (number % 7 == 0) else "no"
        lines.append(f"{age},{JOBS[number % 3]},{bought}" if job else f"{age},{bought}")
    path.write_text("\n".join(lines) + "\n")
    return path


def declare(path: Path, **attributes: Any) -> type[Classification]:
    """A classification over the file: one quick candidate."""
    declared = {
        "name": "purchase",
        "rows": Rows(str(path)),
        "outcome": Outcome("bought", positive="yes"),
        "candidates": ("linear",),
        "search": Search(trials=1),
        "cv": 2,
        "__module__": __name__,
        **attributes,
    }
    return type("Purchase", (Classification,), declared)


def snapshot(folder: Path, **attributes: Any) -> tuple[type[Classification], Snapshot]:
    """A declared endpoint and a snapshot of it."""
    declaration = declare(write_csv(folder / "rows.csv"), **attributes)
    return declaration, take_snapshot(declaration)


def version(folder: Path, **attributes: Any) -> tuple[type[Classification], Version]:
    """A declared endpoint and a version of it."""
    declaration, taken = snapshot(folder, **attributes)
    return declaration, services.register(build=applied_build(declaration, taken))
