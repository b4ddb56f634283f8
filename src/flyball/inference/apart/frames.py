"""Messages between two processes: how long each is, then its bytes."""

from __future__ import annotations

import select
import socket

LENGTH = 8
"""Bytes that say how long a message is."""
GONE = (EOFError, OSError, MemoryError, OverflowError)
"""What sending or receiving raises where the other process has ended, or sends what can be no message."""


class Unasked(Exception):
    """Something is there that nobody has asked for: the end, or what would be taken for an answer."""


class Frames:
    """One end of a socket between two processes. For one thread at a time."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._events = select.poll()
        self._events.register(end, select.POLLIN)

    def send(self, message: bytes) -> None:
        """Raises ``OSError`` where the other process has ended."""
        self._end.sendall(len(message).to_bytes(LENGTH, "big"))
        self._end.sendall(message)

    def receive(self) -> bytearray:
        """The next message, once it has come. Raises ``EOFError`` or ``OSError`` where none does."""
        return self._exactly(int.from_bytes(self._exactly(LENGTH), "big"))

    def exchange(self, message: bytes) -> bytearray:
        """Send a message, and give the next one. Raises as both, and ``Unasked`` before anything is sent."""
        if self.has_something():
            raise Unasked
        self.send(message)
        return self.receive()

    def has_something(self, seconds: float = 0.0) -> bool:
        """Whether a message, or the end of all, is there within so many seconds."""
        return bool(self._events.poll(seconds * 1000))

    def cut(self) -> None:
        """Have whoever sends or receives here know at once that nothing more comes. From any thread."""
        try:
            self._end.shutdown(socket.SHUT_RDWR)
        except OSError:  # closed, or cut already
            return

    def close(self) -> None:
        """Give the socket back; nobody may be sending or receiving."""
        self._end.close()

    def _exactly(self, length: int) -> bytearray:
        found = bytearray(length)
        left = memoryview(found)
        while left:
            got = self._end.recv_into(left)
            if not got:
                raise EOFError
            left = left[got:]
        return found
