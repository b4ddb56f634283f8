"""``python -m benchmarks.abtests.starting``: what callers notice of a test that starts, and of a fallback."""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import census, lineup, wrk
from benchmarks.machine import processor
from benchmarks.publishing import apart, publish_arms
from benchmarks.servers import Running, running
from benchmarks.tables import table, written
from flyball.domain.abtests.assignment import SLOTS
from flyball.domain.routing import ABTest, Arm
from flyball.learning.package import Package

PAGE = Path(__file__).parents[2] / "docs" / "abtests.md"
BY = "python -m benchmarks.abtests.starting"
HEAD = [
    "beside the route alone",
    "p50",
    "p99",
    "the same route, p50",
    "p99",
    "all it can, p50",
    "p99",
    "CPU",
    "",
]
BEHIND = ["beside none", "a fallback, p50", "p99", "CPU", "with a deadline, p50", "p99", "CPU"]
GOAL = 1.10
"""How much slower callers may find an endpoint once a test has started."""
HALF = ABTest(number=1, salt="starting", runs=((0, SLOTS // 2), (1, SLOTS // 2)))
ROUTES: dict[str, tuple[tuple[Arm, ...], ABTest | None]] = {
    "alone": ((), None),
    "again": ((), None),
    "tested": ((Arm("challenger", 2),), HALF),
    "behind": ((Arm("fallback", 2),), None),
    "hurried": ((Arm("fallback", 2, deadline=10.0),), None),
}
"""Endpoints of one server that differ in their arms alone; the first two in nothing."""
NOTICED = ("alone", "again", "tested")
CASES = (
    ("compiled, one row", census.boosting, 1, 8),
    ("compiled, 64 rows", census.boosting, 64, 4),
    ("scikit-learn, one row", census.forest, 1, 8),
    ("scikit-learn, 64 rows", census.forest, 64, 4),
)
"""What is asked, the model, rows a call, and connections that stay open."""
ASKS = 100
"""Calls of a round at least, of those who ask now and then: of fewer, the p99 is the slowest one."""
LONGER = 4
"""How many times as long as a round at full load theirs is at least."""
Rounds = Mapping[str, list[wrk.Round]]


class Measured(NamedTuple):
    """Rounds of each endpoint: asked now and then, and as often as it can answer."""

    few: Rounds
    full: Rounds


def main() -> None:
    """Measure each case and print its row; write the table where it was no short run."""
    parser = argparse.ArgumentParser(prog=BY, description=__doc__)
    parser.add_argument("--csv", type=Path, help="the census; without it, data that scikit-learn brings")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--quick", action="store_true", help="3 rounds of a second; writes nothing")
    options = parser.parse_args()
    wrk.require()
    rounds, seconds, asks = (3, 1.0, 0) if options.quick else (options.rounds, options.seconds, ASKS)
    data, rows, costs = census.read(options.csv), [], []
    models: dict[Callable[..., census.Model], Package] = {}
    for name, make, size, connections in CASES:
        package = models.setdefault(make, make(data).package)
        found = measured(package, bodies(data.asked(), size), connections, rounds, seconds, asks)
        rows.append(row(name, found))
        costs.append(cost(name, found.full))
        print(" | ".join(rows[-1]), "||", " | ".join(costs[-1]), flush=True)
    if not options.quick:
        often = f"{LONGER * seconds:g} s, or {asks} calls, of those who ask now and then"
        how = f"{rounds} rounds of {seconds:g} s at full load, and of {often}"
        blocks = {
            "starting": f"{processor()}, {how}.\n\n{table(HEAD, rows)}",
            "behind": table(BEHIND, costs),
        }
        PAGE.write_text(written(PAGE.read_text(), blocks, BY))


def bodies(asked: Sequence[Mapping[str, Any]], size: int) -> list[dict[str, Any]]:
    """Bodies of one row, or of many, each row of a unit of its own."""
    every = [{"input": one, "reference": f"unit {place}"} for place, one in enumerate(asked)]
    if size == 1:
        return every
    return [{"rows": every[start : start + size]} for start in range(0, len(every) - size + 1, size)]


def measured(
    package: Package,
    sent: Sequence[Mapping[str, Any]],
    connections: int,
    rounds: int,
    seconds: float,
    asks: int,
) -> Measured:
    """Rounds of each endpoint, in turns whose order is drawn anew, before one server.

    Rounds of ``seconds``; of those who ask now and then ``LONGER`` times that, and at least ``asks`` calls.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "home"
        folder.mkdir(mode=0o700)
        url = lineup.sqlite(folder)
        key = apart(publish_arms, folder, url, package, ROUTES)
        server = lineup.flyball(lineup.Home(folder, url, key, "alone"))
        # Each version of each endpoint; and connections stay open, however seldom somebody asks.
        every = {"FLYBALL_MODEL_PROCESSES": str(2 * len(ROUTES)), "FLYBALL_IDLE_SECONDS": "60"}
        server = replace(server, wrapped=False, environment={**server.environment, **every})
        with running(server, sent[0]) as answering:

            def route(name: str) -> Running:
                return replace(
                    answering, server=replace(answering.server, path=f"/v1/endpoints/{name}/predictions")
                )

            def ask(name: str, connections: int, pause: float, seconds: float) -> wrk.Round:
                return wrk.measure(route(name), sent, connections, seconds, pause)

            for name in ROUTES:
                ask(name, connections, 0.0, seconds)  # warms up
            full = _turns(list(ROUTES), rounds, lambda name: ask(name, connections, 0.0, seconds))
            pause = wrk.pause(route("alone"), sent, seconds)
            longer = max(LONGER * seconds, asks * pause / wrk.CALLERS / 1000)
            few = _turns(list(NOTICED), rounds, lambda name: ask(name, wrk.CALLERS, pause, longer))
            return Measured(few, full)


def _turns(names: list[str], rounds: int, ask: Callable[[str], wrk.Round]) -> Rounds:
    found: dict[str, list[wrk.Round]] = {name: [] for name in names}
    for _ in range(rounds):
        random.shuffle(names)
        for name in names:
            found[name].append(ask(name))
    return found


def row(name: str, found: Measured) -> list[str]:
    """A row of the table: a test beside the route alone, what differs where nothing does, and full load."""
    tested, again = (ratios(found.few, which)[:2] for which in ("tested", "again"))
    is_met = "met" if max(tested) <= GOAL else "missed"
    return [name, *map(_text, (*tested, *again, *ratios(found.full, "tested"))), is_met]


def cost(name: str, found: Rounds) -> list[str]:
    """What a fallback costs that never answers: without a deadline, and with one."""
    return [name, *map(_text, ratios(found, "behind")), *map(_text, ratios(found, "hurried"))]


def ratios(found: Rounds, name: str) -> tuple[float, float, float]:
    """The medians of p50, p99 and CPU time an answer, each beside that of the same round."""
    pairs = list(zip(found[name], found["alone"], strict=True))
    return (
        statistics.median(each.p50 / alone.p50 for each, alone in pairs),
        statistics.median(each.p99 / alone.p99 for each, alone in pairs),
        statistics.median(each.cpu / alone.cpu for each, alone in pairs),
    )


def _text(ratio: float) -> str:
    return f"{ratio:.2f} ×"


if __name__ == "__main__":
    main()
