"""What the engine itself costs: a model that costs nothing beside a constant answer, under one server."""

# The machine may be busy: what is compared, in turns, is the CPU time of the server's process for a request.
# Run as ``python -m benchmarks.engine``; needs ``wrk``.

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import servers
from benchmarks.servers import Target


@dataclass(frozen=True)
class Result:
    """One round: answers a second, CPU of the server (microseconds an answer), latency (milliseconds)."""

    rate: float
    cpu: float
    p50: float
    p99: float


def main() -> None:
    """Measure in turns and print medians; the ratio is that of CPU times, raw over engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="how long one round takes")
    parser.add_argument("--rounds", type=int, default=3, help="how many rounds each")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--database", help="a PostgreSQL database of its own instead of SQLite")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="flyball-bench-") as folder,
        servers.engine_and_constant(Path(folder), options.database) as named,
    ):
        results: dict[str, list[Result]] = {name: [] for name in named}
        for name, target in named.items():
            _round(target, Path(folder) / f"{name}.lua", options.connections, 1)
        for _ in range(options.rounds):
            for name, target in named.items():
                script = Path(folder) / f"{name}.lua"
                results[name].append(_round(target, script, options.connections, options.seconds))
    medians = {name: _median(each) for name, each in results.items()}
    for name, result in medians.items():
        print(
            f"{options.connections:3} connections  {name:9} {result.rate:7.0f}/s  CPU {result.cpu:6.1f} µs"
            f"  p50 {result.p50:6.2f} ms  p99 {result.p99:6.2f} ms"
        )
    engine, constant = medians["engine"], medians["constant"]
    print(f"ratio: CPU {constant.cpu / engine.cpu:.2f}, rate {engine.rate / constant.rate:.2f}")


def _round(target: Target, script: Path, connections: int, seconds: int) -> Result:
    script.write_text(_script(target))
    before = _cpu(target.process)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
    url = f"http://127.0.0.1:{target.port}{target.path}"
    text = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(text)
    count, took = re.findall(r"(\d+) requests in ([\d.]+)s", text)[0]
    cpu = (_cpu(target.process) - before) / int(count) * 1e6
    return Result(int(count) / float(took), cpu, _quantile(text, "50%"), _quantile(text, "99%"))


def _script(target: Target) -> str:
    headers = {"Authorization": f"Bearer {target.key}", "Content-Type": "application/json"}
    lines = [f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items()]
    body = json.dumps({"input": target.row})
    return "\n".join(['wrk.method = "POST"', f"wrk.body = [[{body}]]", *lines])


def _cpu(process: int) -> float:
    """CPU time of a process's children so far, user and system (seconds)."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    stats = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split() for child in children]
    return sum(int(each[11]) + int(each[12]) for each in stats) / os.sysconf("SC_CLK_TCK")


def _quantile(text: str, name: str) -> float:
    number, unit = re.findall(rf"{name}\s+([\d.]+)(us|ms|s)", text)[0]
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def _median(results: Sequence[Result]) -> Result:
    return Result(
        *(
            statistics.median(getattr(result, name) for result in results)
            for name in ("rate", "cpu", "p50", "p99")
        )
    )


if __name__ == "__main__":
    main()
