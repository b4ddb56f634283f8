"""One endpoint as Flyball itself makes it: a snapshot, a build, a champion. All others are made after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.console.size import NAME, TEAM
from flyball import Classification, Outcome, Rows, Search
from flyball.control.datasets import services as datasets
from flyball.control.datasets.models import Snapshot
from flyball.control.registry import services as registry
from flyball.control.registry.models import Build, Version
from flyball.control.routing import services as routing
from flyball.control.routing.models import RouteRevision

ROWS = 400


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the first endpoint has, from its snapshot to its route."""

    snapshot: Snapshot
    build: Build
    version: Version
    revision: RouteRevision


def declare(folder: Path) -> type[Classification]:
    """The endpoint, over a file in the folder."""
    declared = {
        "name": NAME,
        "team": TEAM,
        "rows": Rows(str(_rows(folder / "rows.csv"))),
        "outcome": Outcome("bought", positive="yes"),
        "candidates": ("linear", "forest"),
        "search": Search(trials=2),
        "cv": 3,
        "__module__": __name__,
    }
    return type("Purchase", (Classification,), declared)


def make(folder: Path) -> Pattern:
    """Declare it, and go the whole way."""
    declaration = declare(folder)
    routing.apply(declarations={NAME: declaration})
    taken = datasets.take_snapshot(declaration=declaration)
    asked = registry.request_build(declaration=declaration, snapshot=taken)
    version = registry.register(build=registry.run_build(build=asked, declaration=declaration))
    routing.promote(endpoint=NAME, version=version.number)
    return Pattern(taken, asked, version, RouteRevision.objects.get(endpoint_id=NAME))


def _rows(path: Path) -> Path:
    """Older people buy; every seventh row is an exception."""
    jobs, lines = ("cook", "clerk", "pilot"), ["age,income,visits,job,bought"]
    for number in range(ROWS):
        age = 20 + number % 50
        bought = "yes" if (age > 44) != (number % 7 == 0) else "no"
        lines.append(f"{age},{1000 + number * 37 % 4000},{number % 11},{jobs[number % 3]},{bought}")
    path.write_text("\n".join(lines) + "\n")
    return path
