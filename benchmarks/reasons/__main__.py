"""``python -m benchmarks.reasons``: an answer of boosting without and with three reasons, in turns."""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import census, lineup
from benchmarks.machine import processor
from benchmarks.servers import running
from benchmarks.tables import table, written
from flyball.domain.values import Scalar
from flyball.inference import runtime
from flyball.inference.reasons.explained import largest
from flyball.inference.reasons.opening import artifact_of, opened
from flyball.learning.package import Package

README = Path(__file__).parents[1] / "README.md"
BY = "python -m benchmarks.reasons"
GOAL = 5.0
REASONS = 3
Rows = Sequence[dict[str, Scalar]]
Times = tuple[list[float], list[float]]
"""Seconds of the same rows, without reasons and with them."""


def main() -> None:
    """Measure the model alone and the whole server, print the table, write it into README.md."""
    options = _options()
    data = census.read(options.csv)
    model = census.boosting(data)
    rows = data.asked()[: options.rows]
    found = {
        "the model alone, a row": _alone(model.package, rows, options.rounds),
        "`flyball serve`, one connection": _served(model, rows, options.rounds, options.folder),
    }
    head = ["", "p50 µs without", f"p50 µs with {REASONS} reasons", "with / without"]
    made = table(head, [_row(name, times) for name, times in found.items()])
    facts = f"{data.name}; {processor()}, {datetime.now(UTC):%Y-%m-%d}; goal: at most {GOAL:g} x."
    print(f"\n{made}\n\n{facts}")
    if not options.quick:
        README.write_text(written(README.read_text(), {"reasons": f"{made}\n\n{facts}"}, BY))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=BY, description=__doc__)
    parser.add_argument("--csv", type=Path, default=os.environ.get("FLYBALL_BENCHMARK_CSV"))
    parser.add_argument("--rows", type=int, default=500, help="distinct rows that are asked")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is asked, in both ways")
    parser.add_argument("--folder", type=Path, help="where the database is (default: among temporary files)")
    parser.add_argument("--quick", action="store_true", help="prints, and writes nothing")
    return parser.parse_args()


def _alone(package: Package, rows: Rows, rounds: int) -> Times:
    manifest, files = package.manifest, package.files
    loaded = runtime.load(manifest, package.answering)
    explainer = opened(manifest, files[artifact_of(manifest).digest], package.answering, loaded)

    def explained(row: dict[str, Scalar]) -> None:
        (output,) = loaded.predict([row])
        largest(explainer.explain(row, output), manifest.schema, row, REASONS)

    return _in_turns(lambda row: loaded.predict([row]), explained, rows, rounds)


def _served(model: census.Model, rows: Rows, rounds: int, beside: Path | None) -> Times:
    with tempfile.TemporaryDirectory(prefix="flyball-reasons-", dir=beside) as name:
        server = lineup.flyball(lineup.home(Path(name) / "home", model))
        asking = replace(server, path=f"{server.path}?reasons={REASONS}")
        with running(server, rows[0]) as answering:
            plain, with_reasons = answering.connected(), replace(answering, server=asking).connected()
            with plain as ask, with_reasons as ask_why:
                if len(ask_why(rows[0])["reasons"]["parts"]) != REASONS:
                    raise RuntimeError("The server does not explain its answers.")
                return _in_turns(ask, ask_why, rows, rounds)


def _in_turns(
    one: Callable[[dict[str, Scalar]], object],
    other: Callable[[dict[str, Scalar]], object],
    rows: Rows,
    rounds: int,
) -> Times:
    times: Times = ([], [])
    for _ in range(rounds):
        for row in rows:
            for place, ask in enumerate((one, other)):
                began = time.perf_counter()
                ask(row)
                times[place].append(time.perf_counter() - began)
    return times


def _row(name: str, times: Times) -> list[str]:
    without, with_reasons = (statistics.median(each) * 1e6 for each in times)
    return [name, f"{without:,.0f}", f"{with_reasons:,.0f}", f"{with_reasons / without:.1f}"]


if __name__ == "__main__":
    main()
