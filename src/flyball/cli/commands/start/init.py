"""``flyball init``: a project that runs."""

from __future__ import annotations

import csv
import keyword
import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template

import click

from flyball.cli.command import command_anywhere
from flyball.cli.printing.output import Output

SCAFFOLD = {
    "manage.py.txt": "manage.py",
    "settings.py.txt": "{name}/settings.py",
    "endpoints.py.txt": "{name}/endpoints.py",
    "init.py.txt": "{name}/__init__.py",
    "gitignore.txt": ".gitignore",
}
"""Each template of the scaffold, and where it goes in a project."""
PARCELS = 800
"""Rows of the example's table."""


@command_anywhere
@click.argument("name")
@click.option("--directory", type=click.Path(path_type=Path), help="Where, instead of a new directory NAME.")
def init(output: Output, *, name: str, directory: Path | None) -> None:
    """Start a project called NAME that runs: settings, an endpoint, and a small table to learn from.

    Examples:
      flyball init parcels
      flyball init parcels --directory .
    """
    if not name.isidentifier() or name != name.lower():
        raise click.UsageError("NAME is the name of a Python package: lower-case letters, digits and _.")
    if keyword.iskeyword(name) or find_spec(name) is not None:
        raise click.UsageError(f"Python has a {name} of its own already. Choose another NAME.")
    root = directory or Path(name)
    targets = {template: root / place.format(name=name) for template, place in SCAFFOLD.items()}
    targets_taken = [str(target) for target in (*targets.values(), root / "parcels.csv") if target.exists()]
    if targets_taken:
        raise click.UsageError(f"There is a {targets_taken[0]} already; nothing was written.")
    for template, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        text = files("flyball.cli").joinpath("scaffold", template).read_text(encoding="utf-8")
        target.write_text(Template(text).substitute(name=name), encoding="utf-8")
    _write_parcels(root / "parcels.csv")
    step = f"cd {root} && " if directory is None else ""
    output.result(
        {"name": name, "directory": str(root)},
        f"{root} is a project now. Bring it up: {step}flyball up --build",
    )


def _write_parcels(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["parcel", "sent_at", "distance_km", "weight_kg", "service", "depot", "late"])
        writer.writerows(_parcels())


def _parcels() -> Iterator[list[object]]:
    """Invented parcels: late more often when far, heavy, not express, or from the west depot."""
    chance = random.Random(0)  # noqa: S311 - an example's table, the same for everybody; not a secret
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(1, PARCELS + 1):
        distance = round(chance.lognormvariate(5, 0.8), 1)
        weight = round(chance.uniform(0.1, 30), 2)
        service = "express" if chance.random() < 0.3 else "standard"
        depot = chance.choice(["north", "south", "west"])
        odds = distance / 150 + weight / 15 - 3.2 * (service == "express") + 1.8 * (depot == "west") - 3
        late = "yes" if chance.random() < 1 / (1 + math.exp(-1.5 * odds)) else "no"
        sent = (start + timedelta(hours=6 * number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield [number, sent, distance, weight if number % 40 else "", service, depot, late]
