"""``wrk`` as the client: it cycles through rows that differ, over connections that stay open."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from benchmarks import processes
from benchmarks.servers import PATIENCE, Running, Server
from flyball.domain.values import Scalar

Rows = Sequence[Mapping[str, Scalar]]
MISSING = "wrk is not on the PATH. It is the client of these benchmarks; Debian's package is called wrk."
CYCLE = """
local requests, turn = {}, 0
function init(arguments)
  for place, body in ipairs(bodies) do requests[place] = wrk.format(nil, nil, nil, body) end
end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
"""
"""Requests are made once: what is measured is not how fast Lua writes text."""
PAUSES = """
function delay() return math.floor(-{mean} * math.log(1 - math.random()) + math.random()) end
"""
"""Milliseconds until a connection's next request, exponential in the mean: wrk takes whole ones."""
CALLERS = 32
"""Connections of those who ask now and then."""
USE = 0.25
"""How much of the time somebody's call is being answered then."""
MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True, slots=True)
class Round:
    """One round, or the medians of several: answers a second, the server's CPU time an answer
    (microseconds), and latency (milliseconds)."""

    rate: float
    cpu: float
    p50: float
    p99: float


def require() -> None:
    """Raises ``SystemExit`` where there is no ``wrk``."""
    if shutil.which("wrk") is None:
        raise SystemExit(MISSING)


def measure(running: Running, rows: Rows, connections: int, seconds: float, pause: float = 0.0) -> Round:
    """One round of so many connections. Each waits ``pause`` milliseconds in the mean before it asks again.

    Raises ``RuntimeError`` where an answer is not 2xx.
    """
    before = processes.cpu(running.process)
    text = subprocess.run(
        command(running, rows, connections, seconds, pause), check=True, capture_output=True, text=True
    ).stdout
    count, rate, p50, p99 = read(text)
    return Round(rate, (processes.cpu(running.process) - before) / count * 1e6, p50, p99)


def pause(running: Running, rows: Rows, seconds: float) -> float:
    """How long each of ``CALLERS`` waits before it asks again now and then (milliseconds)."""
    return CALLERS * median([measure(running, rows, 1, seconds) for _ in range(3)]).p50 / USE


def command(running: Running, rows: Rows, connections: int, seconds: float, pause: float = 0.0) -> list[str]:
    """The command of one round; its script is written into the server's folder."""
    path = running.server.folder / "rows.lua"
    pauses = PAUSES.format(mean=pause) if pause else ""
    path.write_text(script(running.server, rows) + pauses)
    how = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", f"--timeout={PATIENCE:.0f}s"]
    return [
        "wrk",
        *how,
        "--latency",
        "-s",
        str(path),
        f"http://127.0.0.1:{running.port}{running.server.path}",
    ]


def script(server: Server, rows: Rows) -> str:
    """What wrk sends: each row in turn."""
    headers = [f'wrk.headers["{name}"] = "{value}"' for name, value in server.headers.items()]
    bodies = [f"  [====[{server.body(row)}]====]," for row in rows]
    return "\n".join(['wrk.method = "POST"', *headers, "local bodies = {", *bodies, "}", CYCLE])


def read(text: str) -> tuple[int, float, float, float]:
    """What wrk has printed: answers, answers a second, p50 and p99 (milliseconds).

    Raises ``RuntimeError`` where some answer was an error, or none came.
    """
    counted = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", text)
    if counted is None or not int(counted[1]) or "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(text)
    seconds = float(counted[2]) * MILLISECONDS[counted[3]] / 1000
    return int(counted[1]), int(counted[1]) / seconds, _latency(text, "50%"), _latency(text, "99%")


def median(rounds: Sequence[Round]) -> Round:
    """The median of each number by itself."""
    return Round(*(statistics.median(getattr(one, each.name) for one in rounds) for each in fields(Round)))


def _latency(text: str, share: str) -> float:
    found = re.search(rf"\b{share}\s+([\d.]+)(us|ms|s|m)", text)
    if found is None:
        raise RuntimeError(text)
    return float(found[1]) * MILLISECONDS[found[2]]
