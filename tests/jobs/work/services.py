"""What the kinds of jobs do."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction

from flyball.control.jobs import running
from flyball.control.jobs.running import Run
from flyball.domain.errors import DataError, Overloaded
from tests.jobs.work.apps import LATER, LOADED
from tests.jobs.work.models import Effect

FOREVER = 600


def effect(run: Run) -> None:
    """Leave one row behind, in one transaction with the job's end."""
    with transaction.atomic():
        Effect.objects.create(job=run.id)
        running.succeed(run)


def brief(run: Run) -> None:
    """The same after a twentieth of a second, so that whoever is killed is killed in the middle of some."""
    time.sleep(0.05)
    effect(run)


def slow(run: Run) -> dict[str, int]:
    """Its first attempt goes on for ever, unless it is cancelled; the second ends at once."""
    run.report(progress=0.25, message="waiting", log=f"attempt {run.attempt}")
    until = time.monotonic() + FOREVER
    while run.attempt == 1 and time.monotonic() < until:
        run.report(progress=0.25, message="waiting")
        time.sleep(0.05)
    return {"attempt": run.attempt}


def busy(run: Run) -> None:
    """It never has time."""
    raise Overloaded


def refused(run: Run) -> None:
    """Its data are wrong."""
    raise DataError("The rows are wrong.")


def odd(run: Run) -> dict[str, object]:
    """Its result is none that JSON has."""
    return {"object": object()}


def garbled(run: Run) -> None:
    """Its data are wrong, and its error cites them: half a surrogate, as JSON may hold it."""
    raise DataError("No number: \ud800")


def heavy(run: Run, *, pids: str) -> dict[str, Any]:
    """Its first attempt starts a process and waits for it; ``pids`` is a file for the numbers of both."""
    if run.attempt == 1:
        child = subprocess.Popen(["sleep", str(FOREVER)])
        Path(f"{pids}.part").write_text(f"{os.getpid()} {child.pid}")
        Path(f"{pids}.part").rename(pids)
        child.wait()
    return {"attempt": run.attempt}


def code(run: Run) -> dict[str, Any]:
    """What the module says that was loaded with the project, and what has started this process."""
    loaded = sys.modules.get(os.environ.get(LOADED, ""))
    parent = os.getppid()
    return {
        "is_there": LATER in sys.modules,
        "said": getattr(loaded, "SAID", None),
        "parent": parent,
        "is_fork": "forkserver" in Path(f"/proc/{parent}/cmdline").read_text(),
        "name": Path("/proc/self/comm").read_text().strip(),
        "order": os.environ["PYTHONHASHSEED"],
        "drawn": [random.random(), float(np.random.default_rng().random()), float(np.random.rand())],  # noqa: S311 - of those that share a state
    }


def killed(run: Run, *, by: int) -> dict[str, int]:
    """Its first attempt is ended by a signal, as the system does it."""
    if run.attempt == 1:
        os.kill(os.getpid(), by)
    return {"attempt": run.attempt}


def late(run: Run) -> None:
    """It takes too long."""
    print("begun", flush=True)  # noqa: T201 - it goes to the job's log
    time.sleep(FOREVER)


def large(run: Run) -> None:
    """It takes more and more memory."""
    held = []
    while True:
        held.append(bytearray(16 * 1024 * 1024))
