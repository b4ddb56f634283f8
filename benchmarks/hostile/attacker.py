"""A process that attacks a server from one address, as fast as it can or at a rate, until told to end."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from benchmarks.hostile.attacks import Attack, Ends

PATIENCE = 20.0
"""How long a client waits for anything (seconds)."""
WARM = 0.3
"""How long an attack runs before it is measured (seconds)."""


@contextmanager
def attacked(port: int, attack: Attack, rate: float, cores: set[int]) -> Iterator[Counter[str]]:
    """Attack while the block runs. What the clients were told is in the counter afterwards.

    ``rate`` is how often all of them together send (a second); 0 is as often as they can.
    """
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_run, args=(port, attack, rate, cores, theirs)
    )
    process.start()
    told: Counter[str] = Counter()
    ours.recv()  # it has begun
    try:
        yield told
    finally:
        ours.send(None)
        told.update(ours.recv())
        process.join()


def _run(port: int, attack: Attack, rate: float, cores: set[int], parent: Connection) -> None:
    os.sched_setaffinity(0, cores)
    os.nice(19)  # the well-behaved client next to it is not to wait for it
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(_attack(port, attack, rate, parent))


async def _attack(port: int, attack: Attack, rate: float, parent: Connection) -> None:
    told: Counter[str] = Counter()
    pace = Pace(rate)
    clients = [asyncio.create_task(_client(port, attack, pace, told)) for _ in range(attack.clients)]
    await asyncio.sleep(WARM)
    told.clear()
    parent.send(None)
    while not parent.poll():
        await asyncio.sleep(0.05)
    parent.send(Counter(told))
    for each in clients:
        each.cancel()
    await asyncio.gather(*clients, return_exceptions=True)


class Pace:
    """Lets clients send one after the other, ``rate`` a second."""

    def __init__(self, rate: float) -> None:
        self._between = 1 / rate if rate else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn."""
        now = asyncio.get_running_loop().time()
        self._next = max(now, self._next + self._between)
        await asyncio.sleep(self._next - now)


async def _client(port: int, attack: Attack, pace: Pace, told: Counter[str]) -> None:
    while True:
        line = socket.socket()
        line.setblocking(False)
        if attack.ends is Ends.DRIPPED:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", port))
                await _talk(line, attack, pace, told)
        except TimeoutError:
            told["waited in vain"] += 1
        except OSError as error:
            told[type(error).__name__] += 1
            await asyncio.sleep(0.01)
        finally:
            line.close()


async def _talk(line: socket.socket, attack: Attack, pace: Pace, told: Counter[str]) -> None:
    """Everything on one connection, until it is closed."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE / 2
    while loop.time() < until:
        await pace.turn()
        for piece in attack.pieces:
            await loop.sock_sendall(line, piece)
            if attack.pause:
                await asyncio.sleep(attack.pause)
        if attack.ends is Ends.HUNG_UP:
            told["sent"] += 1
            return
        if not await _READ[attack.ends](line, attack, told):
            return


async def _answered(line: socket.socket, attack: Attack, told: Counter[str]) -> bool:
    received = b""
    for _ in range(attack.answers):
        while b"\r\n\r\n" not in received:
            received += await _more(line)
        head, _, received = received.partition(b"\r\n\r\n")
        told[_status(head)] += 1
        size = _length(head)
        while len(received) < size:
            received += await _more(line)
        received = received[size:]
        if b"connection: close" in head.lower():
            return False
    return True


async def _closed(line: socket.socket, attack: Attack, told: Counter[str]) -> bool:
    first = b""
    while piece := await asyncio.get_running_loop().sock_recv(line, 65536):
        first = first or piece
    told[_status(first)] += 1
    return False


async def _dripped(line: socket.socket, attack: Attack, told: Counter[str]) -> bool:
    while await asyncio.get_running_loop().sock_recv(line, 16):
        told["16 bytes"] += 1
        await asyncio.sleep(0.05)
    return False


_READ = {Ends.ANSWERED: _answered, Ends.CLOSED: _closed, Ends.DRIPPED: _dripped}


async def _more(line: socket.socket) -> bytes:
    piece = await asyncio.get_running_loop().sock_recv(line, 65536)
    if not piece:
        raise ConnectionResetError
    return piece


def _status(head: bytes) -> str:
    return head.split(b" ", 2)[1].decode() if head.startswith(b"HTTP/") else "closed"


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0)
