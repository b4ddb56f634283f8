"""``python -m benchmarks.snapshots``: a snapshot of large tables beside the join by hand, in pairs."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.lineup import ROOT, database_beside
from benchmarks.machine import processor
from benchmarks.processes import MEGABYTE, processes
from benchmarks.publishing import apart
from benchmarks.snapshots.alike import alike
from benchmarks.snapshots.filling import fill
from benchmarks.tables import table, written

README = Path(__file__).parents[1] / "README.md"
BY = "python -m benchmarks.snapshots"
GOAL = 1.5
NAMES = {"flyball": "Flyball's snapshot", "hand": "by hand"}
LOOK = 0.05
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, slots=True)
class Run:
    """One part: how long it took (seconds), the most that its processes held (bytes), and its file."""

    seconds: float
    peak: int
    file: Path


def main() -> None:
    """Fill a database, take both in turns, print the table, write it into README.md."""
    options = _options()
    postgres = os.environ.get("FLYBALL_TEST_POSTGRES")
    if not postgres or not shutil.which("psql"):
        raise SystemExit("FLYBALL_TEST_POSTGRES has to name a PostgreSQL, and psql has to be in the PATH.")
    with (
        tempfile.TemporaryDirectory(prefix="flyball-snapshots-", dir=options.folder) as name,
        database_beside(postgres, "snapshots") as url,
    ):
        block = measured(Path(name), url, options.rows, options.pairs)
    print(block)
    if not options.quick:
        README.write_text(written(README.read_text(), {"snapshots": block}, BY))


def measured(folder: Path, url: str, rows: int, pairs: int) -> str:
    """The table of both parts. Raises ``SystemExit`` where they do not give the same values."""
    home = folder / "home"
    apart(fill, home, url, rows)
    found: dict[str, list[Run]] = {name: [] for name in NAMES}
    for pair in range(pairs):
        for name in list(NAMES)[:: -1 if pair % 2 else 1]:
            own = home if name == "flyball" else folder / "hand"
            own.mkdir(mode=0o700, exist_ok=True)
            found[name].append(run(name, own, url))
            print(NAMES[name], found[name][-1], file=sys.stderr, flush=True)
        if not alike(*(found[name][-1].file for name in NAMES)):
            raise SystemExit("The snapshot and the table by hand do not hold the same values.")
    ratio = statistics.median(
        one.seconds / other.seconds for one, other in zip(found["flyball"], found["hand"], strict=True)
    )
    made = table(["", "seconds", "most memory, MB"], [_row(name, found[name]) for name in NAMES])
    facts = f"{rows:,} rows, three feature tables, {pairs} pairs; {processor()}, {os.cpu_count()} cores, "
    facts += f"{datetime.now(UTC):%Y-%m-%d}, load {os.getloadavg()[2]:.0f}. "
    facts += f"{ratio:.2f} × the time by hand; goal: {GOAL} ×."
    return f"{made}\n\n{facts}"


def run(name: str, folder: Path, url: str) -> Run:
    """Carry a part out in a session of its own. Raises ``SystemExit`` where it fails."""
    command = [sys.executable, "-m", "benchmarks.snapshots.part", name, str(folder), url]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FLYBALL")}
    began, peak = time.perf_counter(), 0
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while process.poll() is None:
            with suppress(OSError, KeyError):  # it ends meanwhile
                peak = max(peak, sum(each.rss for each in processes(process.pid)))
            time.sleep(LOOK)
        said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise SystemExit(f"{NAMES[name]} failed.")
    return Run(time.perf_counter() - began, peak, Path(said.splitlines()[-1]))


def _row(name: str, runs: list[Run]) -> list[str]:
    return [
        NAMES[name],
        f"{statistics.median(each.seconds for each in runs):.1f}",
        f"{max(each.peak for each in runs) / MEGABYTE:.0f}",
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=BY, description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the files are (default: among temporary files)")
    parser.add_argument("--quick", action="store_true", help="prints, and writes nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
