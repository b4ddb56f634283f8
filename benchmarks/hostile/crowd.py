"""What clients that hold connections and do nothing cost the others: their p99 with a crowd and without."""

# Run as ``python -m benchmarks.hostile.crowd``. The crowd is a process of its own; rounds with and without
# it take turns on one server, so that a busy machine slows both. The ratio travels to other machines.

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import socket
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.hostile import client
from benchmarks.hostile.target import started

SAID = {
    "silent": b"",
    "half a head": b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n",
    "answered once": b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
}
"""What each client of the crowd sends before it falls silent."""


def main() -> None:
    """Print p99 without and with each crowd, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long one round takes")
    parser.add_argument("--rounds", type=int, default=5, help="how many rounds each")
    parser.add_argument("--clients", type=int, default=2000, help="how many do nothing")
    parser.add_argument("--connections", type=int, default=8, help="how many ask for predictions")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="flyball-bench-") as folder,
        started(Path(folder)) as target,
    ):
        asyncio.run(client.measure(target, options.connections, 2.0))
        for name, said in SAID.items():
            alone, crowded = [], []
            for _ in range(options.rounds):
                alone.append(asyncio.run(client.measure(target, options.connections, options.seconds)))
                with crowd(target.port, options.clients, said):
                    crowded.append(asyncio.run(client.measure(target, options.connections, options.seconds)))
            _print(name, options.clients, alone, crowded)


@contextmanager
def crowd(port: int, clients: int, said: bytes) -> Iterator[None]:
    """A process that holds so many connections; one that is closed is opened again."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=hold, args=(port, clients, said, theirs))
    process.start()
    ours.recv()  # all are open
    try:
        yield
    finally:
        ours.send(None)
        process.join()


def hold(port: int, clients: int, said: bytes, told: Connection) -> None:
    """Open the connections, say that they are, and hold them until told to end."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ExitStack() as stack:
        lines = [stack.enter_context(_open(port, said)) for _ in range(clients)]
        told.send(None)
        while not told.poll(0.5):
            for position, line in enumerate(lines):
                if _is_closed(line):
                    line.close()
                    lines[position] = stack.enter_context(_open(port, said))


def _open(port: int, said: bytes) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port))
    line.sendall(said)
    if said.endswith(b"\r\n\r\n"):
        line.recv(65536)  # else the first round would measure answers to the crowd
    line.setblocking(False)
    return line


def _is_closed(line: socket.socket) -> bool:
    try:
        return not line.recv(65536)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _print(name: str, clients: int, alone: list[client.Result], crowded: list[client.Result]) -> None:
    before, after = (statistics.median(each.p99 for each in results) for results in (alone, crowded))
    slow, fast = (statistics.median(each.rate for each in results) for results in (crowded, alone))
    print(
        f"{clients} {name:14} p99 {before:6.1f} ms alone, {after:6.1f} ms beside them: "
        f"ratio {after / before:5.2f}; rate {slow / fast:5.2f}"
    )


if __name__ == "__main__":
    main()
