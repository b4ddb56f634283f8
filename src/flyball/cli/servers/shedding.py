"""Connections on which nothing happens make way when there are many: new ones would wait for them."""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

Address = tuple[str, int]

OPEN = Path("/proc/self/fd")
"""The file descriptors of this process, on Linux."""
PAUSE = 0.25
"""Between two looks (seconds)."""
CROWDED = 0.75
"""From this share of the connections that a process holds, the quietest are closed, down to ``ROOMY``."""
ROOMY = 0.5
QUIET_MS = 1000
"""A connection on which something happened since is not closed (milliseconds)."""
UNREAD_MS = 30_000
"""A client that takes nothing of its answer for so long is cut off by the system (milliseconds)."""
TCP_INFO_TIMES = struct.Struct("=44xI4xI")
"""Of Linux's ``tcp_info``: milliseconds since data was last sent, and received."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A connection and the milliseconds for which nothing has come or gone on it."""

    descriptor: int
    peer: Address
    milliseconds: int


def start(port: int, most: int, busy: Callable[[], Collection[Address]]) -> None:
    """Look after the connections to ``port`` from now on, in a thread. ``busy`` are those with a request.

    Granian takes no connection when it has ``most``, and closes one that is silent only after its time.
    """
    if sys.platform == "linux":
        arguments = (port, most, busy)
        threading.Thread(target=_watch, args=arguments, daemon=True, name="flyball-shedder").start()


def shed(port: int, most: int, busy: Callable[[], Collection[Address]]) -> int:
    """Close the quietest connections where there are many; those with a request stay. Gives how many."""
    if len(_descriptors()) < most * CROWDED:
        return 0
    taken = list(_connections(port))
    over = len(taken) - int(most * ROOMY)
    if len(taken) < most * CROWDED:
        return 0
    answering = busy()
    idle = [each for each in taken if each.milliseconds >= QUIET_MS and each.peer not in answering]
    idle.sort(key=lambda each: each.milliseconds, reverse=True)
    return sum(_close(each) for each in idle[:over])


def _watch(port: int, most: int, busy: Callable[[], Collection[Address]]) -> None:
    is_set = False
    while True:
        time.sleep(PAUSE)
        is_set = is_set or _limit_unread(port)
        shed(port, most, busy)


def _limit_unread(port: int) -> bool:
    """Have the system end connections whose clients read nothing. Whether the server listens already."""
    for descriptor in _sockets():
        with suppress(OSError), _borrowed(descriptor) as one:
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and one.getsockname()[1] == port:
                # What is accepted from now on inherits it.
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
                return True
    return False


def _connections(port: int) -> Iterator[Quiet]:
    for descriptor in _sockets():
        with suppress(OSError), _borrowed(descriptor) as one:
            if one.getsockname()[1] == port:
                peer = one.getpeername()
                info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_TIMES.size)
                yield Quiet(descriptor, (peer[0], peer[1]), min(TCP_INFO_TIMES.unpack(info)))


def _close(quiet: Quiet) -> bool:
    with suppress(OSError), _borrowed(quiet.descriptor) as one:
        if one.getpeername()[:2] == quiet.peer:  # else another one has got its number meanwhile
            one.shutdown(socket.SHUT_RDWR)
            return True
    return False


def _sockets() -> Iterator[int]:
    """The descriptors of this process's internet sockets."""
    for name in _descriptors():
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                yield int(name)


def _descriptors() -> list[str]:
    return os.listdir(OPEN)  # noqa: PTH208 - a path for each of thousands would keep requests waiting


def _borrowed(descriptor: int) -> socket.socket:
    """The socket behind a descriptor, by a copy that may be closed. Raises ``OSError`` for none of TCP."""
    copy = socket.socket(fileno=os.dup(descriptor))
    if copy.family not in {socket.AF_INET, socket.AF_INET6} or copy.type != socket.SOCK_STREAM:
        copy.close()
        raise OSError("This is no connection.")
    return copy
