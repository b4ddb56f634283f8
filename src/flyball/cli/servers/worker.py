"""What a server's worker process runs first: it ends when the server does, then loads the application."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from granian import _signals as granian_signals
from granian._granian import WorkerSignal
from granian._internal import load_target

from flyball.cli.servers import shedding
from flyball.cli.servers.draining import Draining, NativeDraining
from flyball.serving.collector import calm_collector

COMMIT_SECONDS = 4.0
"""What is left for the last commit, when the time to drain is over."""


def load(
    target: str,
    *,
    factory: bool,
    lifeline: Connection,
    drain_seconds: float,
    port: int,
    most_connections: int,
) -> Callable[..., Awaitable[None]]:
    """The application named by ``module:attribute``, or made by that function if it is a ``factory``.

    From now on this process follows ``lifeline``: it ends ``drain_seconds`` after the other end is closed.
    It holds at most ``most_connections`` to ``port``; the quietest make way for new ones before.
    """
    granian_signals.set_loop_signals = _told_once
    application: list[Draining] = []
    arguments: tuple[Any, ...] = (lifeline, drain_seconds, application)
    threading.Thread(target=_follow, args=arguments, daemon=True, name="flyball-lifeline").start()
    loaded: Any = load_target(target)
    # The process is ours alone, whoever wrote the application: a host's own server tunes itself.
    draining = NativeDraining if hasattr(loaded, "__rsgi__") else Draining
    application.append(draining(loaded() if factory else loaded, calm_collector))
    shedding.start(port, most_connections, application[0].busy)
    return application[0]


def _told_once(loop: asyncio.AbstractEventLoop) -> WorkerSignal:
    """Granian's own way to hear of an ending, but deaf to a second word.

    A terminal, and a service manager, tell every process of a group, and the server tells its workers too:
    told twice, Granian's event waits for ever. Ctrl-C is the server's matter.
    """
    ending = WorkerSignal()
    told = threading.Lock()
    loop.add_signal_handler(signal.SIGTERM, lambda: ending.set() if told.acquire(blocking=False) else None)
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    return ending


def _follow(lifeline: Connection, drain_seconds: float, application: list[Draining]) -> None:
    # Closed by a server that ends, and by the system where it was killed with -9: its workers would go on
    # holding the port.
    with suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os.kill(os.getpid(), signal.SIGTERM)  # no new connections; begun requests go on
    time.sleep(drain_seconds)
    # A client that reads its answer a byte at a time would hold this process for ever.
    for each in application:
        each.end(COMMIT_SECONDS)
    os._exit(0)
