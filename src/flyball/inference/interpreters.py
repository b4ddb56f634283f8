"""Fresh interpreters that run a module of Flyball's: what they are started with, and how a group is ended."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""What the libraries of models ask the environment for: how many threads each of their calls may have."""


def places() -> tuple[str, ...]:
    """Where this interpreter finds modules, from ``/`` on."""
    return tuple(str(Path(place or ".").absolute()) for place in sys.path)


def command(module: str, *words: str) -> list[str]:
    """What starts an interpreter that runs a module; ``places`` belong into its ``PYTHONPATH``."""
    return [sys.executable, "-P", "-m", module, *words]


def end(group: int) -> None:
    """End whatever there is of a group of processes."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
