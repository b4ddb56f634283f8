"""Requests a second and their latency: Flyball beside the server one would write by hand."""

# Both serve the same scikit-learn pipeline from one process and answer only once the prediction is in SQLite.
# Run as ``python -m benchmarks.load``; ratios travel to other machines, absolute figures do not.

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import servers
from benchmarks.servers import Target

CONNECTIONS = (1, 16, 64)


@dataclass(frozen=True)
class Result:
    """One round: answers a second, and milliseconds; how long it took (seconds)."""

    rate: float
    p50: float
    p99: float
    seconds: float


def main() -> None:
    """Measure both in turns, so that a busy machine slows both, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long one round takes")
    parser.add_argument("--rounds", type=int, default=3, help="how many rounds each")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="flyball-bench-") as folder,
        servers.both(Path(folder)) as targets,
    ):
        named = dict(zip(("flyball", "by hand"), targets, strict=True))
        for connections in CONNECTIONS:
            results: dict[str, list[Result]] = {name: [] for name in named}
            for target in targets:
                asyncio.run(measure(target, connections, 1.0))
            for _ in range(options.rounds):
                for name, target in named.items():
                    results[name].append(asyncio.run(measure(target, connections, options.seconds)))
            _print(connections, {name: _median(each) for name, each in results.items()})


async def measure(target: Target, connections: int, seconds: float, rate: float = 0.0) -> Result:
    """One round of so many clients who ask again as soon as they are answered, or ``rate`` times a second."""
    between = 1 / rate if rate else 0.0
    deadline = time.perf_counter() + seconds
    began = time.perf_counter()
    each = await asyncio.gather(*(_client(target, deadline, between) for _ in range(connections)))
    took = time.perf_counter() - began
    times = sorted(latency for latencies in each for latency in latencies)
    return Result(len(times) / took, _quantile(times, 0.5) * 1000, _quantile(times, 0.99) * 1000, took)


async def _client(target: Target, deadline: float, between: float) -> list[float]:
    """One connection that asks again once it is answered and its time has come.

    Raises when an answer is not 200.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    sent = request(target)
    latencies = []
    while (began := time.perf_counter()) < deadline:
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(_length(head))
        if b" 200 " not in head[:16]:
            raise RuntimeError(head.decode("latin-1"))
        latencies.append(time.perf_counter() - began)
        if between:
            await asyncio.sleep(began + between - time.perf_counter())
    writer.close()
    return latencies


def request(target: Target) -> bytes:
    """What each client sends."""
    body = json.dumps({"input": target.row}).encode()
    head = [
        f"POST {target.path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {target.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _median(results: Sequence[Result]) -> Result:
    return Result(
        *(
            statistics.median(getattr(result, name) for result in results)
            for name in ("rate", "p50", "p99", "seconds")
        )
    )


def _print(connections: int, results: dict[str, Result]) -> None:
    for name, result in results.items():
        print(
            f"{connections:3} connections  {name:8} {result.rate:8.0f}/s"
            f"  p50 {result.p50:7.1f} ms  p99 {result.p99:7.1f} ms"
        )
    ours, theirs = results["flyball"], results["by hand"]
    print(
        f"{connections:3} connections  ratio    {ours.rate / theirs.rate:8.2f} "
        f"  p50 {ours.p50 / theirs.p50:7.2f}     p99 {ours.p99 / theirs.p99:7.2f}\n"
    )


if __name__ == "__main__":
    main()
