"""From start to first answer, and memory, beside a bare process that imports and loads as much."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import lineup, processes
from benchmarks.goals import spelled
from benchmarks.lineup import Home
from benchmarks.processes import MEGABYTE
from benchmarks.servers import Server, running
from benchmarks.stages import bare
from benchmarks.stages.setting import Findings, Setting
from benchmarks.tables import table

BARE = "bare process"


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds until the first answer; memory of the worker, and of the other processes (bytes)."""

    seconds: float
    rss: int
    pss: int
    others: int


def measure(setting: Setting) -> Findings:
    """Start everything in turns, the bare process first each time; the first start of each is not counted.

    Of a single start it is: a quick run has no more.
    """
    starts: dict[str, list[Start]] = defaultdict(list)
    with setting.sqlite.copied() as home:
        servers = _servers(setting, home)
        for turn in range(setting.pace.starts):
            for name, start in [
                (BARE, _bare(setting)),
                *((each.name, _start(setting, each)) for each in servers),
            ]:
                if turn or setting.pace.starts == 1:
                    starts[name].append(start)
    ours, counted = starts[servers[0].name], starts[BARE]
    return Findings(
        {"startup": _table(starts)},
        {"start": _beside("seconds", ours, counted), "memory": _beside("rss", ours, counted)},
    )


def _servers(setting: Setting, home: Home) -> list[Server]:
    peers = setting.peers
    return [
        lineup.flyball(home),
        lineup.flyball(home, command="up"),
        lineup.constant(peers),
        lineup.fastapi(peers, "fastapi_onnx", "FastAPI + ONNX by hand"),
        lineup.fastapi(peers, "fastapi_sklearn", "FastAPI + scikit-learn"),
        lineup.litserve(peers, "boosting", "LitServe, batching"),
        lineup.django(peers),
    ]


def _start(setting: Setting, server: Server) -> Start:
    """A server that has answered the first rows, one by one."""
    with running(server, setting.rows[0]) as each:
        each.outputs(setting.rows[:100])
        found = processes.processes(each.process)
        workers = [one for one in found if one.role == "worker"]
        return Start(
            each.seconds,
            sum(one.rss for one in workers),
            sum(one.pss for one in workers),
            sum(one.pss for one in found if one.role != "worker"),
        )


def _bare(setting: Setting) -> Start:
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, bare.__file__, str(setting.peers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        seconds = time.perf_counter() - began
        (found,) = processes.processes(process.pid)
        process.communicate()
    return Start(seconds, found.rss, found.pss, 0)


def _beside(name: str, ours: Sequence[Start], theirs: Sequence[Start]) -> float:
    """How many times as much ours takes: the median of the starts that followed each other."""
    pairs = zip(ours, theirs, strict=True)
    return statistics.median(getattr(one, name) / getattr(other, name) for one, other in pairs)


def _table(starts: dict[str, list[Start]]) -> str:
    head = ["", "first answer s", "× bare", "worker's RSS MB", "× bare", "its PSS MB", "other processes MB"]
    rows = []
    for name, each in starts.items():
        median = [
            statistics.median(getattr(one, part) for one in each)
            for part in ("seconds", "rss", "pss", "others")
        ]
        rows.append(
            [
                name,
                spelled(median[0]),
                spelled(_beside("seconds", each, starts[BARE])),
                spelled(median[1] / MEGABYTE),
                spelled(_beside("rss", each, starts[BARE])),
                spelled(median[2] / MEGABYTE),
                spelled(median[3] / MEGABYTE),
            ]
        )
    return table(head, rows)
