"""``python -m benchmarks.batches``: a file of census rows by one and two workers, and by hand, in turns."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.batches.world import Run, by_flyball, by_hand, written
from benchmarks.census import Data, boosting, read
from benchmarks.lineup import home
from benchmarks.machine import processor
from benchmarks.processes import MEGABYTE
from benchmarks.tables import table
from benchmarks.tables import written as put

README = Path(__file__).parents[1] / "README.md"
BY = "python -m benchmarks.batches"
LARGE = 10_000_000
MOST_MEMORY = 600
"""Megabytes that one process of a batch may hold, however many rows there are."""
HAND = "scikit-learn + pandas, one process"
SLOTS = {"Flyball, one worker": 1, "Flyball, two workers": 2}
NAMES = (HAND, *SLOTS)
HEAD = ["", "seconds", "of these the job", "rows / s", "most memory of a process, MB"]


def main() -> None:
    """Measure, print the table, write it into README.md."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="flyball-batches-", dir=options.folder) as name:
        block = measured(Path(name), read(options.csv), options.rows, options.rounds)
    print(block)
    if not options.quick:
        README.write_text(put(README.read_text(), {_block(options.rows): block}, BY))


def measured(folder: Path, data: Data, rows: int, rounds: int) -> str:
    """The table of all three. Raises ``SystemExit`` where their answers are not the same.

    By hand the whole file is in memory: for ``LARGE`` it is not done.
    """
    model = boosting(data)
    where = home(folder / "home", model)
    source = written(data, rows, folder / "rows.parquet")
    names = NAMES if rows < LARGE else tuple(SLOTS)
    found: dict[str, list[Run]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names[:: -1 if turn % 2 else 1]:
            out = folder / f"{names.index(name)}.parquet"
            run = (
                by_hand(where, model, source, out)
                if name == HAND
                else by_flyball(where, source, out, SLOTS[name])
            )
            found[name].append(run)
            print(name, run, file=sys.stderr, flush=True)
    _refuse_other([folder / f"{place}.parquet" for place in range(len(names))])
    made = table(HEAD, _rows(found, rows))
    facts = f"{rows:,} rows; {data.name}; {rounds} rounds in turns; {processor()}, {os.cpu_count()} cores, "
    facts += f"{datetime.now(UTC):%Y-%m-%d}, load {os.getloadavg()[2]:.0f}. {_ratios(found)}"
    return f"{made}\n\n{facts}"


def _refuse_other(files: list[Path]) -> None:
    """All files hold the same labels, and the same probabilities within 1e-6."""
    first, *others = (pq.ParquetFile(path).iter_batches(columns=_answers(path)) for path in files)
    for batches in zip(first, *others, strict=True):
        for other in batches[1:]:
            for name in batches[0].schema.names:
                one, two = (each.column(name).to_numpy(zero_copy_only=False) for each in (batches[0], other))
                same = np.array_equal(one, two) if name == "label" else np.allclose(one, two, atol=1e-6)
                if not same:
                    raise SystemExit(f"The answers are not the same: {name}.")


def _answers(path: Path) -> list[str]:
    names = pq.read_schema(path).names
    return [name for name in names if name == "label" or name.startswith("probability ")]


def _rows(found: dict[str, list[Run]], rows: int) -> list[list[str]]:
    return [
        [
            name,
            f"{statistics.median(run.seconds for run in runs):.1f}",
            "" if name == HAND else f"{statistics.median(run.job for run in runs):.1f}",
            f"{rows / statistics.median(run.seconds for run in runs):,.0f}",
            f"{max(run.peak for run in runs) / MEGABYTE:.0f}",
        ]
        for name, runs in found.items()
    ]


def _ratios(found: dict[str, list[Run]]) -> str:
    one, two = (found[name] for name in SLOTS)
    jobs = [(slow.job, quick.job) for slow, quick in zip(one, two, strict=True)]
    said = [
        f"Two workers: {_ratio(one, two):.2f} × as fast as one",
        f"the job alone {statistics.median(slow / quick for slow, quick in jobs):.2f} ×",
    ]
    for name, runs in (("one worker", one), ("two", two)) if HAND in found else ():
        said.append(f"{name}: {_ratio(found[HAND], runs):.2f} × as fast as by hand")
    most = max(run.peak for name in SLOTS for run in found[name]) / MEGABYTE
    said.append(f"memory {'within' if most <= MOST_MEMORY else 'above'} {MOST_MEMORY} MB")
    return "; ".join(said) + "."


def _ratio(slow: list[Run], quick: list[Run]) -> float:
    """How many times as fast the second is: the median of neighbouring rounds."""
    return statistics.median(one.seconds / other.seconds for one, other in zip(slow, quick, strict=True))


def _block(rows: int) -> str:
    return "large batches" if rows >= LARGE else "batches"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=BY, description=__doc__)
    parser.add_argument("--csv", type=Path, help="the census; without it, what scikit-learn brings")
    parser.add_argument("--rows", type=int, default=1_000_000, help=f"from {LARGE:,} on, not by hand")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the files are (default: among temporary files)")
    parser.add_argument("--quick", action="store_true", help="prints, and writes nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
