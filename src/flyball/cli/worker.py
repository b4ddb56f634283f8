"""What a server's worker process runs first: it ends when the server does, then loads the application."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from granian._internal import load_target

POLL_SECONDS = 0.5


def load(target: str) -> Callable[..., Any]:
    """The application named by ``module:attribute``; from now on this process follows its parent."""
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True, name="follow-parent").start()
    return load_target(target)


def load_factory(target: str) -> Callable[..., Any]:
    """The same, for a ``module:function`` that makes the application."""
    return load(target)()  # type: ignore[no-any-return]  # the target names a factory of applications


def _follow(parent: int) -> None:
    # A server killed with -9 cannot stop its workers: they would go on holding the port.
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
