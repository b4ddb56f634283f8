"""What an attack needs: raw connections by the hundred, and what the server's processes take meanwhile."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.shell import HTTP, Server, Shell, processes_of

MEGABYTE = 1024 * 1024
PATIENCE = 60
"""How long the server may take for what it must do at all, on a machine that does much else (seconds)."""


@dataclass
class Target:
    """A server that is attacked. ``spool`` is its folder for temporary files."""

    server: Server
    shell: Shell
    spool: Path
    most_memory: int = 0
    most_spooled: int = 0

    def connect(self, size: int | None = None) -> socket.socket:
        """A connection, with little room for answers where ``size`` says so."""
        line = socket.socket()
        line.settimeout(PATIENCE)
        if size is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        line.connect(("127.0.0.1", self.shell.port))
        return line

    @contextmanager
    def crowd(self, number: int, *pieces: bytes, size: int | None = None) -> Iterator[list[socket.socket]]:
        """So many connections at once, each of which has sent what it could of ``pieces``."""
        with ExitStack() as stack:
            lines = [stack.enter_context(self.connect(size)) for _ in range(number)]
            for line in lines:
                send(line, *pieces)
            yield lines

    def healthy(self) -> bool:
        """Whether somebody else is answered. Whatever it takes: nothing is timed."""
        answer = HTTP.get(f"{self.server.url}/v1/health", timeout=PATIENCE)
        self.look()
        return answer.status_code == 200

    def look(self) -> None:
        """Keep the most that the server's processes have had in memory and in temporary files (bytes)."""
        processes = processes_of(self.server.process)
        self.most_memory = max(self.most_memory, sum(map(_memory, processes)))
        self.most_spooled = max(self.most_spooled, sum(_spooled(each, self.spool) for each in processes))

    @contextmanager
    def watched(self) -> Iterator[Target]:
        """Whatever happens in the block took less than 100 MB of memory, and no disk."""
        self.most_memory = self.most_spooled = 0
        self.look()
        before = self.most_memory
        yield self
        for _ in range(5):
            assert self.healthy()
        assert (self.most_memory - before) // MEGABYTE < 100
        assert self.most_spooled == 0


def send(line: socket.socket, *pieces: bytes) -> None:
    """Send what the other end takes."""
    line.setblocking(False)
    for piece in pieces:
        with suppress(OSError):
            line.sendall(piece)
    line.settimeout(PATIENCE)


def closed(lines: Sequence[socket.socket]) -> int:
    """How many of the connections the server has closed once nothing more happens to any, within patience."""
    waiting = {line.fileno(): line for line in lines}
    deadline = time.monotonic() + PATIENCE
    poll = select.poll()
    for descriptor in waiting:
        poll.register(descriptor, select.POLLIN)
    while waiting and time.monotonic() < deadline:
        for descriptor, _ in poll.poll(1000):
            if not _is_open(waiting[descriptor]):
                poll.unregister(descriptor)
                del waiting[descriptor]
    return len(lines) - len(waiting)


def _is_open(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        while line.recv(MEGABYTE):
            pass
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def answer(line: socket.socket) -> bytes:
    """Everything that comes until the server closes the connection."""
    received = b""
    with suppress(ConnectionError):
        while piece := line.recv(MEGABYTE):
            received += piece
    return received


def _memory(process: int) -> int:
    with suppress(OSError):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        taken = [line.split()[1] for line in lines if line.startswith(("RssAnon:", "RssShmem:"))]
        return sum(map(int, taken)) * 1024
    return 0


def _spooled(process: int, folder: Path) -> int:
    """Bytes of the temporary files that a process has open, those without a name too."""
    size = 0
    for descriptor in Path(f"/proc/{process}/fd").glob("*"):
        with suppress(OSError):
            if str(descriptor.readlink()).startswith(str(folder)):
                size += descriptor.stat().st_size
    return size
