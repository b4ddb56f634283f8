"""``python -m benchmarks.console``: fill a database once, ask every page, write the table into README.md."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from benchmarks.console.asking import Asked, Told, ask
from benchmarks.console.filling import fill
from benchmarks.console.size import FULL, QUICK, Size
from benchmarks.lineup import sqlite
from benchmarks.machine import processor
from benchmarks.publishing import apart
from benchmarks.tables import table, written

README = Path(__file__).parent.parent / "README.md"
COMMAND = "python -m benchmarks.console"
BLOCK = "console"
COLUMNS = ("median ms", "worst ms", "of the processor ms", "queries")


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where there is one."""
    options = _options()
    size = QUICK if options.quick else FULL
    folder = options.folder.resolve() / ("quick" if options.quick else "full")
    told = {}
    for name, url in _databases(folder, options.quick).items():
        home = folder / name
        if not (home / "filled").exists():
            began = time.perf_counter()
            apart(fill, home, url, size)
            print(f"{name} was filled in {time.perf_counter() - began:.0f} s.", flush=True)
        told[name] = apart(ask, home, url)
    block = f"{_pages(told)}\n\n{_facts(told, size)}"
    print(block)
    if not options.quick:
        README.write_text(written(README.read_text(), {BLOCK: block}, by=COMMAND))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("folder", type=Path, help="where the databases are kept, for the next time too")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the rows; writes nothing")
    return parser.parse_args()


def _databases(folder: Path, quick: bool) -> dict[str, str]:
    found = {"SQLite": sqlite(folder / "SQLite")}
    if beside := os.environ.get("FLYBALL_TEST_POSTGRES"):
        parts = urlsplit(beside)
        found["PostgreSQL"] = urlunsplit(
            parts._replace(path=f"{parts.path}_console{'_quick' if quick else ''}")
        )
    else:
        print("PostgreSQL is not measured: FLYBALL_TEST_POSTGRES names none.", file=sys.stderr)
    return found


def _pages(told: dict[str, Told]) -> str:
    """The slowest pages first, by the slower database."""
    first = next(iter(told.values()))
    order = sorted(first.pages, key=lambda page: -max(each.pages[page].median for each in told.values()))
    head = ["page", *(f"{name}: {what}" for name in told for what in COLUMNS)]
    rows = [_row(page, [each.pages[page] for each in told.values()]) for page in order]
    return table(head, rows)


def _row(page: str, found: Sequence[Asked]) -> list[str]:
    cells = [(*(f"{one:.0f}" for one in each[:3]), str(each.queries)) for each in found]
    return [f"`{page}`", *chain.from_iterable(cells)]


def _facts(told: dict[str, Told], size: Size) -> str:
    memory = ", ".join(
        f"from {each.before:.0f} to {each.memory:.0f} MB with {name}" for name, each in told.items()
    )
    return (
        f"{size.text()}; {processor()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}. "
        f"Asking them all, the most that the process has held grew {memory}."
    )


if __name__ == "__main__":
    main()
