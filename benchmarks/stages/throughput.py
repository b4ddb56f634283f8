"""Flyball and each of its peers in turns: answers a second, latency, and the ratio of each pair of rounds."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks import lineup, wrk
from benchmarks.census import Model
from benchmarks.goals import spelled
from benchmarks.servers import Running, Server, running
from benchmarks.stages.setting import Findings, Setting
from benchmarks.tables import table

CONNECTIONS = (1, 16, 64)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two servers that are measured in turns, and the model that each answers with.

    Without a model the answers are not looked at. ``goal`` asks for the ratio with most connections.
    """

    ours: Server
    theirs: Server
    model: Model | None
    same: bool = True
    goal: str = ""


@dataclass
class Measured:
    """Rounds by server and connections, and ratios of neighbours by both servers and connections."""

    rounds: dict[tuple[str, int], list[wrk.Round]] = field(default_factory=lambda: defaultdict(list))
    ratios: dict[tuple[str, str, int], list[float]] = field(default_factory=lambda: defaultdict(list))

    def median(self, name: str, connections: int) -> wrk.Round:
        """The medians of a server's rounds, whoever stood beside it."""
        return wrk.median(self.rounds[name, connections])

    def ratio(self, pair: Pair, connections: int) -> float:
        """How many times as many answers ours gives as theirs: the median of neighbouring rounds."""
        return statistics.median(self.ratios[pair.ours.name, pair.theirs.name, connections])


def measure(setting: Setting) -> Findings:
    """Every pair. Raises ``WrongAnswer``, or ``RuntimeError`` for a server that fails."""
    measured = Measured()
    done = []
    for pair in _pairs(setting):
        print(f"{pair.ours.name} beside {pair.theirs.name}", flush=True)
        compare(setting, pair, measured)
        done.append(pair)
    main = done[0].ours.name
    numbers = {pair.goal: measured.ratio(pair, CONNECTIONS[-1]) for pair in done if pair.goal}
    numbers["p99"] = measured.median(main, CONNECTIONS[-1]).p99
    numbers["p50"] = measured.median(main, CONNECTIONS[0]).p50
    return Findings({"throughput": rates(measured), "ratios": ratios(measured, done)}, numbers)


def compare(setting: Setting, pair: Pair, measured: Measured) -> None:
    """Start both servers, look at their answers, and let them take turns."""
    pace, rows = setting.pace, setting.rows
    with ExitStack() as stack:
        both = [stack.enter_context(running(each, rows[0])) for each in (pair.ours, pair.theirs)]
        if pair.model is not None:
            for each in both if pair.same else both[:1]:
                setting.check(each, pair.model)
        for each in both:
            wrk.measure(each, rows, CONNECTIONS[-1], pace.warm)
        for connections in CONNECTIONS:
            for _ in range(pace.rounds):
                _turn(setting, both, connections, measured)


def rates(measured: Measured) -> str:
    """A table of each server's medians."""
    head = [""]
    for connections in CONNECTIONS:
        head += [f"{connections} conn. /s", "p50 ms", "p99 ms"]
    head.append(f"CPU µs an answer, {CONNECTIONS[-1]} conn.")
    rows = []
    for name in dict.fromkeys(name for name, _ in measured.rounds):
        medians = [measured.median(name, each) for each in CONNECTIONS]
        cells = [spelled(number) for each in medians for number in (each.rate, each.p50, each.p99)]
        rows.append([name, *cells, spelled(medians[-1].cpu)])
    return table(head, rows)


def ratios(measured: Measured, pairs: list[Pair]) -> str:
    """A table of how many times as many answers ours gives as theirs."""
    head = ["", "beside", *(f"{each} conn." for each in CONNECTIONS)]
    rows = [
        [
            pair.ours.name,
            pair.theirs.name,
            *(spelled(measured.ratio(pair, each), "×") for each in CONNECTIONS),
        ]
        for pair in pairs
    ]
    return table(head, rows)


def _turn(setting: Setting, both: list[Running], connections: int, measured: Measured) -> None:
    ours, theirs = (wrk.measure(each, setting.rows, connections, setting.pace.seconds) for each in both)
    first, second = (each.server.name for each in both)
    measured.rounds[first, connections].append(ours)
    measured.rounds[second, connections].append(theirs)
    measured.ratios[first, second, connections].append(ours.rate / theirs.rate)


def _pairs(setting: Setting) -> Iterator[Pair]:
    """Every pair, on a home of its own."""
    peers, boosting = setting.peers, setting.boosting
    constant = lineup.constant(peers)
    with setting.sqlite.copied() as home:
        ours = lineup.flyball(home)
        yield Pair(ours, constant, boosting, same=False, goal="constant")
    for goal, theirs in (
        ("onnx", lineup.fastapi(peers, "fastapi_onnx", "FastAPI + ONNX by hand")),
        ("sklearn", lineup.fastapi(peers, "fastapi_sklearn", "FastAPI + scikit-learn")),
        ("litserve", lineup.litserve(peers, "boosting", "LitServe, batching")),
        ("django", lineup.django(peers)),
    ):
        with setting.sqlite.copied() as home:
            yield Pair(lineup.flyball(home), theirs, boosting, goal=goal)
    with setting.forests.copied() as home:
        forest = lineup.flyball(home, name="Flyball, forest by scikit-learn")
        theirs = lineup.litserve(peers, "forest", "LitServe, batching, forest")
        yield Pair(forest, theirs, setting.forest, goal="forest")
    with setting.free.copied() as home:
        free = lineup.flyball(home, name="Flyball, a model without cost")
        yield Pair(free, constant, None)
    with setting.sqlite.copied() as home, setting.sqlite.copied("second") as other:
        yield Pair(lineup.flyball(home), lineup.flyball(other, command="up"), boosting)
    if setting.postgres is not None:
        with setting.postgres.copied() as home:
            ours = lineup.flyball(home, name="Flyball, `flyball serve`, PostgreSQL")
            yield Pair(ours, constant, boosting, same=False, goal="constant_postgres")
