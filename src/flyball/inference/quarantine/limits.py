"""What the process of a model from outside may take: no file, no network, and only so much memory."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

NEW_USER, NEW_NETWORK = 0x1000_0000, 0x4000_0000
SYSTEM = ("/proc/", "/sys/", "/usr/share/zoneinfo/")
"""What libraries ask of the machine: processors, memory, time zones."""
CODE = (".py", ".pyc", ".so")
HARMLESS = frozenset({"os.listdir", "os.scandir", "os.putenv", "os.unsetenv", "os.add_dll_directory"})
"""What importing a module does."""
REFUSED = ("os.", "socket.", "subprocess.", "shutil.", "tempfile.", "pty.", "signal.", "urllib.")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Forbidden(PermissionError):
    """Something that a model has no business with.

    As the system's own refusal: a library that asks a program for the number of processors goes on without.
    """


def limit(*, memory: int, seconds: int) -> None:
    """Bound this process for good: ``memory`` in bytes, ``seconds`` of a processor.

    It writes no file and starts no process. Root is bound by no limit of processes: there the audit hook
    refuses them.
    """
    _set(resource.RLIMIT_CPU, seconds)
    _set(resource.RLIMIT_DATA, memory)  # not RLIMIT_AS: libraries reserve far more addresses than they use
    _set(resource.RLIMIT_FSIZE, 0)
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_NPROC, 0)


def cut_off() -> None:
    """Leave the network, where an ordinary process may; the audit hook refuses sockets besides."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).unshare(NEW_USER | NEW_NETWORK)


def watch(places: Sequence[str]) -> None:
    """Refuse from now on what Python tells its audit hooks of: sockets, processes, and files.

    Files are read, never written: code below ``places``, and what libraries ask of the machine.
    """
    libraries = tuple(os.path.realpath(place) + os.sep for place in {sys.prefix, sys.base_prefix})
    code = tuple(os.path.realpath(place) + os.sep for place in places)

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if not _is_allowed(arguments, libraries, code):
                raise Forbidden("a file")
        elif event.startswith(REFUSED) and event not in HARMLESS:
            raise Forbidden(event)

    sys.addaudithook(refuse)


def closed() -> None:
    """No more files at all: what a model needs has been imported."""
    _set(resource.RLIMIT_NOFILE, 0)


def _is_allowed(arguments: tuple[Any, ...], libraries: tuple[str, ...], code: tuple[str, ...]) -> bool:
    path, _, flags = arguments
    if isinstance(path, int):
        return True  # one that is open already
    if not isinstance(path, str | bytes) or (isinstance(flags, int) and flags & WRITING):
        return False
    real = os.path.realpath(os.fsdecode(path))
    return real.startswith((*libraries, *SYSTEM)) or (real.startswith(code) and real.endswith(CODE))


def _set(which: int, value: int) -> None:
    with suppress(OSError, ValueError):  # not every system knows every limit
        _, hard = resource.getrlimit(which)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (most, most))
