"""What a job's process is to who started it, and how one starts as a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from flyball.control.jobs.apart.child import Asked
from flyball.inference import interpreters

SAME_ORDER = {"PYTHONHASHSEED": "0"}
"""Sets of texts have the same order in each attempt: else what holds one would seem to be another thing."""


class Process(Protocol):
    """A job's process, which leads a group.

    Its ``output`` is to be read; it ends when ``lifeline`` is closed.
    """

    pid: int
    lifeline: int
    output: int

    def wait(self, seconds: float | None = None) -> int | None:
        """How it ended, or minus its signal; ``None`` where it has not after so many seconds."""

    def kill(self) -> None:
        """End its group: what it has started, too."""


class Fresh:
    """A new interpreter, which loads everything itself."""

    def __init__(self, asked: Asked) -> None:
        lifeline, self.lifeline = os.pipe()
        self.output, output = os.pipe()
        try:
            self._process = interpreter("child", *asked.words, stdin=lifeline, stdout=output)
        finally:
            close(lifeline, output)
        self.pid = self._process.pid

    def wait(self, seconds: float | None = None) -> int | None:
        """As of any ``Process``."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def kill(self) -> None:
        """As of any ``Process``."""
        interpreters.end(self.pid)


def interpreter(
    module: str, *words: str, stdin: int, stdout: int, kept: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """A fresh interpreter that runs a module of this package, in a session of its own.

    It has the descriptors that are ``kept`` besides, under the same numbers.
    """
    return subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours, a UUID and numbers
        interpreters.command(f"{__package__}.{module}", *words),
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(interpreters.places()), **SAME_ORDER},
        pass_fds=kept,
        start_new_session=True,
    )


def close(*descriptors: int) -> None:
    """Close them all."""
    for each in descriptors:
        os.close(each)
