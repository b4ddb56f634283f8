"""The processes of a server, told apart: what each has computed, and what it holds in memory."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a server. ``main`` started the others; ``tracker`` is Python's own, ``worker`` answers.

    ``model`` is asked by a worker, for one version.

    ``rss`` is all that it holds, ``pss`` the same with what it shares divided among those that share it
    (bytes).
    """

    number: int
    role: str
    rss: int
    pss: int


def members(group: int) -> list[int]:
    """The processes of a server that leads a session and its first group; it comes first."""
    found = []
    for each in Path("/proc").iterdir():
        with suppress(OSError):
            if each.name.isdigit() and os.getsid(int(each.name)) == group:
                found.append(int(each.name))
    return sorted(found, key=lambda number: (number != group, number))


def processes(group: int) -> list[Process]:
    """The processes of a server with their memory."""
    numbers = members(group)
    return [_process(each, _role(each, numbers)) for each in numbers]


def cpu(group: int) -> float:
    """What all processes of a server have computed so far, user and system (seconds)."""
    total = 0
    for number in members(group):
        with suppress(OSError):
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def _process(number: int, role: str) -> Process:
    lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    sizes = {line.split()[0]: int(line.split()[1]) * 1024 for line in lines[1:]}
    return Process(number, role, sizes["Rss:"], sizes["Pss:"])


def _role(number: int, numbers: list[int]) -> str:
    words = Path(f"/proc/{number}/cmdline").read_bytes()
    if b"resource_tracker" in words:
        return "tracker"
    if b"flyball.inference.apart.child" in words:
        return "model"
    return "main" if number == numbers[0] and len(numbers) > 1 else "worker"
