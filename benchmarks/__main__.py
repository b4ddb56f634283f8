"""``python -m benchmarks``: measure Flyball beside its peers, print the tables, write them into README.md."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import census, environments, goals, lineup, wrk
from benchmarks.machine import processor
from benchmarks.stages import filled, inside, many, startup, throughput, writes
from benchmarks.stages.setting import QUICK, Findings, Pace, Setting
from benchmarks.tables import table, written

README = Path(__file__).parent / "README.md"
STAGES: Mapping[str, Callable[[Setting], Findings]] = {
    "inside": inside.measure,
    "startup": startup.measure,
    "many": many.measure,
    "throughput": throughput.measure,
    "writes": writes.measure,
}


def main() -> None:
    """Run the stages; what each has found is written at once, so that it is not lost with a later one."""
    options = _options()
    wrk.require()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that every block ends what it has started
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # of this process, which fits and asks
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flyball-bench-")))
        setting = _setting(folder, options, stack)
        found = [_facts(setting)]
        for name, stage in _stages(options).items():
            print(f"\n{name}", flush=True)
            found.append(stage(setting))
            _tell(found[-1].tables, options)
        if options.only is None:
            measured = {name: value for each in found for name, value in each.measured.items()}
            reached = table(["", "goal", "measured", ""], goals.judged(measured))
            _tell({**found[0].tables, "goals": reached}, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--csv",
        type=Path,
        default=os.environ.get("FLYBALL_BENCHMARK_CSV"),
        help="the census (default: FLYBALL_BENCHMARK_CSV, else data that scikit-learn brings)",
    )
    parser.add_argument("--quick", action="store_true", help="short rounds; prints, and writes nothing")
    parser.add_argument("--rounds", type=int, default=Pace().rounds, help="rounds of each pair of servers")
    parser.add_argument("--seconds", type=float, default=Pace().seconds, help="how long a round takes")
    parser.add_argument("--only", nargs="*", choices=STAGES, help="these stages alone, or none but --rows")
    parser.add_argument("--rows", type=int, default=0, help="also beside so many stored predictions")
    return parser.parse_args()


def _stages(options: argparse.Namespace) -> dict[str, Callable[[Setting], Findings]]:
    chosen = {name: stage for name, stage in STAGES.items() if options.only is None or name in options.only}
    if options.rows:
        chosen["rows"] = lambda setting: filled.measure(setting, options.rows)
    return chosen


def _setting(folder: Path, options: argparse.Namespace, stack: ExitStack) -> Setting:
    print("Fitting the models and publishing them…", flush=True)
    data = census.read(options.csv)
    boosting, forest = census.boosting(data), census.forest(data)
    peers = folder / "peers"
    peers.mkdir(mode=0o700)
    environments.write(peers, data, boosting, forest)
    for each in environments.PEERS:
        environments.python(each)
    postgres = None
    if beside := os.environ.get("FLYBALL_TEST_POSTGRES"):
        postgres = stack.enter_context(lineup.postgres_home(folder / "postgres", beside, boosting))
    else:
        print("PostgreSQL is not measured: FLYBALL_TEST_POSTGRES names none.")
    return Setting(
        data=data,
        boosting=boosting,
        forest=forest,
        sqlite=lineup.home(folder / "sqlite", boosting),
        forests=lineup.home(folder / "forest", forest),
        free=lineup.home(folder / "free", boosting, free=True),
        postgres=postgres,
        folder=folder,
        peers=peers,
        pace=QUICK if options.quick else Pace(seconds=options.seconds, rounds=options.rounds),
    )


def _facts(setting: Setting) -> Findings:
    """When and where this was measured, and on what."""
    pace = setting.pace
    rows = [
        ["when", f"{datetime.now(UTC):%Y-%m-%d}"],
        ["processor", f"{processor()}, {os.cpu_count()} cores"],
        ["Python", platform.python_version()],
        ["data", setting.data.name],
        ["rounds", f"{pace.rounds} of {pace.seconds:g} s, medians"],
    ]
    return Findings({"facts": table(["", ""], rows)})


def _tell(tables: Mapping[str, str], options: argparse.Namespace) -> None:
    print("\n\n".join(["", *tables.values(), ""]), flush=True)
    if not options.quick:
        README.write_text(written(README.read_text(), tables))


if __name__ == "__main__":
    main()
