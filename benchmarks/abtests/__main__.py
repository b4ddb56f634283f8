"""``python -m benchmarks.abtests``: simulate A/B tests, print the tables, write them into docs/abtests.md."""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.abtests import cells
from benchmarks.tables import table, written

PAGE = Path(__file__).parents[2] / "docs" / "abtests.md"
BY = "python -m benchmarks.abtests"
HEADS = {
    "same": ["nothing differs", "planned sample", "wrong at 1 %", "wrong at 5 %", ""],
    "powered": [
        "the planned effect",
        "planned sample",
        "found in 1.6 ×, 1 %",
        "mean",
        "found in 1.75 ×, 5 %",
        "mean",
        "",
    ],
    "further": ["", "goal", "measured", ""],
    "bandits": [
        "bandit",
        "regret",
        "beside an even split",
        "first arm held",
        "last arm held",
        "difference held",
        "by plain averages",
        "",
    ],
    "budgets": [
        "challenger's rate",
        "budget",
        "lost, mean",
        "lost at most, 95 % of runs",
        "its share at the end",
    ],
    "recorded": ["another version, from recorded traffic", "95 % interval held", "median width", ""],
}


def main() -> None:
    """Run the three tables beside each other; write them unless it is a short run or one with other seeds."""
    parser = argparse.ArgumentParser(prog=BY, description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 tests a cell; prints, and writes nothing")
    parser.add_argument("--seed", type=int, help="other random numbers; prints, and writes nothing")
    parser.add_argument("--only", choices=HEADS, help="one of the tables")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    run = cells.Run(100 if options.quick else cells.Run().tests, options.seed or cells.Run().seed)
    names = [options.only] if options.only else [*HEADS]
    with ProcessPoolExecutor(2) as pool:
        running = {name: [pool.submit(cell, run) for cell in cells.TABLES[name]()] for name in names}
        for name, futures in running.items():
            rows = []
            for future in futures:
                rows += future.result()
                print(rows[-1], flush=True)
            block = {name: table(HEADS[name], rows)}
            print(f"\n{block[name]}\n", flush=True)
            if not options.quick and options.seed is None:  # each at once, so that a later one loses none
                PAGE.write_text(written(PAGE.read_text(), block, BY))


if __name__ == "__main__":
    main()
