"""A proxy that lets requests through, and cuts the connection when the answer to one comes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

PIECE = 65536


class Proxy:
    """Stands before a port, and passes everything on but the answers that it cuts."""

    def __init__(self, target: int, marker: bytes, every: int) -> None:
        self.done = 0
        """How many answers were cut."""
        self.wanted = 0
        """How many are to be cut."""
        self._target = target
        self._marker = marker
        self._every = every
        self._seen = count(1)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no new connections."""
        # Closing alone would not wake the thread that accepts.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            client.close()
            return
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        requests = {"origin": client, "goal": server, "answers": False}
        threading.Thread(target=self._pass, kwargs=requests, daemon=True).start()
        self._pass(server, client, answers=True)

    def cuts(self, answer: bytes) -> bool:
        """Whether an answer is to be cut: of those with the marker, one in so many."""
        if self._marker not in answer or self.done >= self.wanted or next(self._seen) % self._every:
            return False
        self.done += 1
        return True

    def _pass(self, origin: socket.socket, goal: socket.socket, *, answers: bool) -> None:
        with suppress(OSError):
            while piece := origin.recv(PIECE):
                if answers and self.cuts(piece):
                    # Every second time the half of it arrives.
                    goal.sendall(piece[: len(piece) // 2 * (self.done % 2)])
                    break
                goal.sendall(piece)
        for each in (origin, goal):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # ends the other direction too
        goal.close()


@contextmanager
def proxy(target: int, marker: bytes, every: int) -> Iterator[Proxy]:
    """A proxy before a port, until the block ends.

    ``marker`` is in every answer that may be cut; of those, one in ``every`` is.
    """
    running = Proxy(target, marker, every)
    try:
        yield running
    finally:
        running.close()
