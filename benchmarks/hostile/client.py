"""Well-behaved clients, as many and as often as one wants: what they wait for while others misbehave."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.hostile.target import Target


@dataclass(frozen=True)
class Result:
    """One round: answers a second, and milliseconds; how long it took (seconds)."""

    rate: float
    p50: float
    p99: float
    seconds: float


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
