"""Versions that tests have opened apart, and what becomes of their processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Container
from functools import partial
from typing import Any

from flyball.domain.routing import Manifest
from flyball.inference.apart.model import Apart
from flyball.inference.apart.processes import Processes
from tests.inference.apart import own
from tests.inference.versions import version
from tests.shell import PATIENCE

OWN = f"{own.__name__}.Doubling"


def opened(
    processes: Processes, described: tuple[Manifest, bytes], trusted: Container[str] = ()
) -> Apart | None:
    """A version that the processes are asked to open."""
    manifest, data = described
    return processes.opened(manifest, data, partial(bytes, data), trusted)


def doubling(processes: Processes) -> Apart:
    """The model of a user's own, in a process."""
    found = opened(processes, version(own.Doubling()), {OWN})
    assert found is not None
    return found


def process_of(apart: Apart) -> int:
    """The id of the process that answers, which is there."""
    process = apart._model._process
    assert process is not None
    return process.pid


def ask(apart: Any, *numbers: float) -> list[float]:
    """What it answers to some numbers."""
    return [each["value"] for each in apart.predict([{"x": number} for number in numbers])]


def is_there(process: int) -> bool:
    """Whether there is such a process, be it a zombie."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def until(is_so: Callable[[], object]) -> None:
    """Wait until it is."""
    late = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < late
        time.sleep(0.02)
