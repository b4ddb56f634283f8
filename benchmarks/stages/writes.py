"""How long the control plane's writes take on SQLite while the data plane commits as fast as it can."""

from __future__ import annotations

import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import lineup, wrk
from benchmarks.goals import spelled
from benchmarks.publishing import apart, start_django
from benchmarks.servers import running
from benchmarks.stages.setting import Findings, Setting
from benchmarks.tables import table

CONNECTIONS = 64
PAUSE = 0.02
"""Between two writes: people and releases write now and then (seconds)."""
LONGEST = 3600.0
"""Seconds for which there is load, unless the writes are done before: Django takes a while to start."""
Times = dict[str, list[float]]


def measure(setting: Setting) -> Findings:
    """Writes alone, then beside full load. Raises where one fails."""
    pace = setting.pace
    with setting.sqlite.copied() as home, running(lineup.flyball(home), setting.rows[0]) as ours:
        alone = apart(write, home.folder, home.url, pace.writes)
        undisturbed = wrk.measure(ours, setting.rows, CONNECTIONS, pace.writes)
        command = wrk.command(ours, setting.rows, CONNECTIONS, LONGEST)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
            time.sleep(pace.warm)
            beside = apart(write, home.folder, home.url, pace.writes)
            load.send_signal(signal.SIGINT)  # it ends, and says what it has measured
            text, _ = load.communicate()
    _, rate, _, p99 = wrk.read(text)
    rows = [_row(name, alone[name], beside[name]) for name in beside]
    every = [each for times in beside.values() for each in times]
    said = (
        f"Predictions meanwhile: {spelled(rate)}/s, p99 {spelled(p99)} ms; "
        f"without writes {spelled(undisturbed.rate)}/s, p99 {spelled(undisturbed.p99)} ms."
    )
    head = ["", "writes", "p50 ms, alone", "p99 ms, alone", "p50 ms, under load", "p99 ms", "longest ms"]
    return Findings({"writes": f"{table(head, rows)}\n\n{said}"}, {"writes": _p99(every) * 1000})


def write(folder: Path, url: str, seconds: float) -> Times:
    """Write as the control plane does, for so long. How long each write took, by what it was (seconds)."""
    start_django(folder, url)
    from flyball.control.accounts import services as accounts
    from flyball.control.routing import selectors
    from flyball.control.routing.publishing import Kind, publish

    times: Times = {"a key issued": [], "a key revoked": [], "a route published": []}
    team = accounts.ensure_team(slug="default")

    def timed(name: str, function: Callable[..., Any], **arguments: Any) -> Any:
        began = time.perf_counter()
        result = function(**arguments)
        times[name].append(time.perf_counter() - began)
        time.sleep(PAUSE)
        return result

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        key, _ = timed("a key issued", accounts.issue_key, team=team, role="viewer", label="a benchmark")
        timed("a key revoked", accounts.revoke_key, key=key)
        route = selectors.route("boosting")
        assert route is not None
        following = replace(route, number=route.number + 1)
        timed("a route published", publish, route=following, kind=Kind.APPLY, reason="a benchmark")
    return times


def _row(name: str, alone: Sequence[float], beside: Sequence[float]) -> list[str]:
    numbers = [statistics.median(alone), _p99(alone), statistics.median(beside), _p99(beside), max(beside)]
    return [name, str(len(beside)), *(spelled(each * 1000) for each in numbers)]


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]
