"""``python -m benchmarks.shadows``: the champion's latency without and with a slow shadow, in pairs."""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks import census, lineup, wrk
from benchmarks.lineup import BIN, ROOT, Home
from benchmarks.machine import processor
from benchmarks.publishing import apart
from benchmarks.servers import Running, Server, running
from benchmarks.shadows import changing
from benchmarks.tables import table, written
from flyball.domain.values import Scalar

README = Path(__file__).parents[1] / "README.md"
BY = "python -m benchmarks.shadows"
GOAL = 1.25
WARM = 15.0
"""Seconds of calls until a job is asked for, at most: what waits for a shadow has to be some seconds old."""
NAMES = {"sleeping": "sleeps 500 ms a row", "computing": "computes 50 ms a row, holding the GIL"}
Pair = tuple[wrk.Round, wrk.Round]


class Asked(NamedTuple):
    """A server, what it is asked, over how many connections, and the pause of each in between (ms)."""

    server: Running
    rows: Sequence[dict[str, Scalar]]
    connections: int
    pause: float

    def measured(self, seconds: float) -> wrk.Round:
        """One round."""
        return wrk.measure(self.server, self.rows, self.connections, seconds, self.pause)


def main() -> None:
    """Measure on all processors and on one, print the table, write it into README.md."""
    options = _options()
    wrk.require()
    data = census.read(options.csv)
    model = census.boosting(data)
    rows = []
    for cores in options.cores:
        os.sched_setaffinity(0, range(cores))  # this process, and all that it starts: server, worker, wrk
        with tempfile.TemporaryDirectory(prefix="flyball-shadows-", dir=options.folder) as name:
            home = lineup.home(Path(name) / "home", model)
            apart(changing.prepare, home.folder, home.url, model.package)
            server = lineup.flyball(home)
            with running(server, data.asked()[0]) as answering, _worker(server):
                loads = {
                    "now and then": (wrk.CALLERS, wrk.pause(answering, data.asked(), options.seconds)),
                    "all it can": (options.connections, 0.0),
                }
                for kind, versions in changing.KINDS.items():
                    for version, (load, callers) in zip(versions, loads.items(), strict=True):
                        found = _row(version, home, Asked(answering, data.asked(), *callers), options)
                        rows.append([NAMES[kind], str(cores), load, *found])
                        print(rows[-1], flush=True)
    head = [
        "shadow",
        "cores",
        "asked",
        "pairs",
        "p99 ms without",
        "p99 ms with",
        "with / without",
        "half of the pairs",
        "p50 with / without",
        "rows asked",
    ]
    made = table(head, rows)
    facts = f"{processor()}, {datetime.now(UTC):%Y-%m-%d}; goal: at most {GOAL} x."
    print(f"\n{made}\n\n{facts}")
    if not options.quick:
        README.write_text(written(README.read_text(), {"shadows": f"{made}\n\n{facts}"}, BY))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=BY, description=__doc__)
    parser.add_argument("--csv", type=Path, default=os.environ.get("FLYBALL_BENCHMARK_CSV"))
    parser.add_argument("--pairs", type=int, default=10, help="pairs of rounds: a job lasts a minute")
    parser.add_argument("--seconds", type=float, default=2, help="how long a round takes")
    parser.add_argument("--connections", type=int, default=4, help="of those who ask all that they can")
    parser.add_argument("--cores", type=int, nargs="*", default=[2, 1], help="processors of all that runs")
    parser.add_argument("--folder", type=Path, help="where the database is (default: among temporary files)")
    parser.add_argument("--quick", action="store_true", help="prints, and writes nothing")
    return parser.parse_args()


@contextmanager
def _worker(server: Server) -> Iterator[None]:
    """A worker beside the server, until the block ends."""
    environment = {**os.environ, **server.environment, "DJANGO_SETTINGS_MODULE": changing.SETTINGS}
    environment.pop("FLYBALL_PORT")
    with (server.folder / "worker.log").open("w") as log:
        process = subprocess.Popen(
            [str(BIN / "flyball"), "worker"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _row(version: int, home: Home, asked: Asked, options: argparse.Namespace) -> list[str]:
    """Pairs of rounds, first the one and then the other in turns, under one job."""
    where = (home.folder, home.url, home.endpoint, version)
    apart(changing.arm, *where, True)
    # Something has to wait before there is a job.
    wrk.measure(asked.server, asked.rows, options.connections, WARM)
    apart(changing.wait_until, *where, True)
    held = home.folder / "held"

    def measured(is_held: bool) -> wrk.Round:
        held.touch() if is_held else held.unlink(missing_ok=True)
        return asked.measured(options.seconds)

    pairs = []
    for place in range(options.pairs):
        order = (True, False) if place % 2 else (False, True)
        found = {is_held: measured(is_held) for is_held in order}
        pairs.append((found[True], found[False]))
    held.unlink(missing_ok=True)
    number = apart(changing.asked, *where)
    apart(changing.arm, *where, False)
    apart(changing.wait_until, *where, False)
    return [str(len(pairs)), *_ratios(pairs), f"{number:,}"]


def _ratios(pairs: Sequence[Pair]) -> list[str]:
    ratios = sorted(shadowed.p99 / alone.p99 for alone, shadowed in pairs)
    halves = [shadowed.p50 / alone.p50 for alone, shadowed in pairs]
    quarter = len(ratios) // 4
    return [
        f"{statistics.median(alone.p99 for alone, _ in pairs):.2f}",
        f"{statistics.median(shadowed.p99 for _, shadowed in pairs):.2f}",
        f"{statistics.median(ratios):.2f}",
        f"{ratios[quarter]:.2f} to {ratios[-1 - quarter]:.2f}",
        f"{statistics.median(halves):.2f}",
    ]


if __name__ == "__main__":
    main()
