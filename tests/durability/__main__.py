"""Kills, cuts and fills under load, on SQLite and on a PostgreSQL of its own; counts what was lost."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from subprocess import SubprocessError

import click

from tests.durability.disks import NotPermitted
from tests.durability.plan import Rounds, planned
from tests.durability.scenarios import Report
from tests.durability.world import World, made

DATABASES = ("sqlite", "postgresql")


def main() -> None:
    """Print a line for each scenario; exit 1 where something acknowledged was not kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.durability", description=__doc__)
    parser.add_argument("--on", choices=DATABASES, action="append", help="only on this database")
    parser.add_argument("--folder", type=Path, help="where databases and ledgers are, meanwhile")
    numbers = [each for each in fields(Rounds) if each.name != "bounds"]
    for each in numbers:
        unit = "seconds" if each.type == "float" else "rounds"
        kind = float if each.type == "float" else int
        parser.add_argument(f"--{each.name}", type=kind, default=each.default, help=f"{unit} (%(default)s)")
    options = parser.parse_args()
    rounds = Rounds(**{each.name: getattr(options, each.name) for each in numbers})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and end what was started
    folder = Path(tempfile.mkdtemp(prefix="flyball-durability-", dir=options.folder))
    clean = [_on(name, folder, rounds) for name in options.on or DATABASES]
    if all(clean):
        shutil.rmtree(folder)
    sys.exit(None if all(clean) else f"Logs and ledgers are in {folder}.")


def _on(name: str, folder: Path, rounds: Rounds) -> bool:
    place = folder / name
    place.mkdir()
    for each in (folder, place):
        each.chmod(0o711)  # PostgreSQL, which does not run as root, finds its way to its own folder
    with made(place, place, postgres=name == "postgresql") as world:
        return run(world, rounds)


def run(world: World, rounds: Rounds) -> bool:
    """Every scenario, a line each; whether all promises were kept."""
    name = "postgresql" if world.cluster else "sqlite"
    clean = []
    for title, scenario in planned(world, rounds):
        said, is_clean = _outcome(scenario)
        click.echo(f"{name:<10} {title:<38} {said}")
        clean.append(is_clean)
    return all(clean)


def _outcome(scenario: Callable[[], Report]) -> tuple[str, bool]:
    try:
        report = scenario()
    except NotPermitted:
        return f"not run. {NotPermitted.__doc__}", True
    except (RuntimeError, OSError, SubprocessError) as error:
        return f"did not end: {error}", False
    return str(report), report.is_clean


if __name__ == "__main__":
    main()
