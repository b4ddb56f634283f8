"""How much of the processors a shadow takes: its share, and far less of it where others wait for them."""

from __future__ import annotations

import os
from pathlib import Path

from flyball.control.declarations.configured import configured

PRESSURE = Path("/proc/pressure/cpu")
"""For what part of the last ten seconds somebody waited for a processor, where Linux counts that (PSI)."""
CROWDED = 0.25
"""From such a part on, a shadow takes the least."""
LEAST = 1 / 32
"""Of its share: it gets on all the same, and of a hundred calls less than one meets it."""


def seconds(computed: float, took: float) -> float:
    """How long to rest after so many seconds of a processor in so long a time (below 0: not at all).

    Then the whole takes no more than its ``part`` of ``config.shadow_share`` of the processors.
    """
    return computed / (part() * configured().shadow_share * processors()) - took


def part() -> float:
    """What part of its share a shadow takes now, up to 1; all of it where that is all processors."""
    if configured().shadow_share == 1:
        return 1.0
    try:
        said = PRESSURE.read_text()
    except OSError:  # a system that does not count it
        return 1.0
    waited = float(said.partition("avg10=")[2].split()[0]) / 100
    return max(LEAST, 1 - waited / CROWDED)


def processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # a system that binds no process to some of them
        return os.cpu_count() or 1
