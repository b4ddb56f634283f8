"""Running a server: Granian on one address, told apart by what it serves."""

from __future__ import annotations

import logging
import multiprocessing
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from flyball import logs
from flyball.cli.servers import worker
from flyball.cli.servers.address import free_address, url
from flyball.cli.servers.beside import Beside
from flyball.cli.servers.descriptors import most_connections
from flyball.cli.servers.health import Health
from flyball.cli.servers.supervisor import Supervisor
from flyball.config import Config, doubt_of_home
from flyball.domain.errors import Unusable

logger = logging.getLogger(__name__)

LARGEST_HEAD = 16 * 1024
"""Of a request: its line and headers. Each connection may keep as much (bytes)."""
BACKLOG = 4096
"""Connections that the system keeps until a process takes them; it may keep fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What is served: an application by name (or a factory of one), and folders of static files.

    ``logs_as_set`` says whether its processes log as Flyball's settings say; a host's log as its own do.
    """

    target: str
    factory: bool = False
    interface: Interfaces = Interfaces.ASGI
    workers: int = 1
    static: tuple[tuple[str, Path], ...] = ()
    probe: str = "/v1/health"
    logs_as_set: bool = True


def run(server: Server, config: Config, ready: Callable[[], None], beside: Beside | None = None) -> None:
    """Serve until Ctrl-C or SIGTERM; ``ready`` is called once the first request is answered.

    Then running requests have ``config.drain_seconds``; what runs ``beside`` is told to end with them. Raises
    ``Unusable`` where the address is taken, or where the server's processes keep ending and nothing answers
    for ``config.give_up_seconds``.
    """
    if doubt := doubt_of_home(config.home):
        logger.warning(doubt)
    # A fresh process for each worker: a fork would take along Django, open connections and threads.
    multiprocessing.set_start_method("spawn", force=True)
    _forget_the_command()
    theirs, ours = multiprocessing.Pipe(duplex=False)
    health = Health(url(config) + server.probe, ready)
    supervisor = Supervisor(
        server.target,
        health=health,
        lifeline=ours,
        beside=beside,
        give_up_seconds=config.give_up_seconds,
        address=free_address(config),
        **_settings(server, config),
    )
    health.start()
    supervisor.serve(
        target_loader=partial(
            worker.load,
            factory=server.factory,
            lifeline=theirs,
            drain_seconds=config.drain_seconds,
            port=config.port,
            most_connections=most_connections(config.connections),
        )
    )
    if supervisor.gave_up:
        raise Unusable(
            f"The server gives up: its processes kept ending and never answered for "
            f"{config.give_up_seconds:g} seconds. What they said stands above."
        )


def _forget_the_command() -> None:
    """Have new processes not import this process's main module, the command: they need none of it."""
    main = sys.modules["__main__"]
    main.__spec__ = None
    vars(main).pop("__file__", None)


def _settings(server: Server, config: Config) -> dict[str, Any]:
    return {
        "port": config.port,
        "interface": server.interface,
        "workers": server.workers,
        "workers_kill_timeout": config.drain_seconds + worker.COMMIT_SECONDS + 1,
        "websockets": False,
        # HTTP/2 keeps a repeated header of 4 KB for each byte that a client sends: 611 KB took 2.4 GB.
        "http": HTTPModes.http1,
        "http1_settings": HTTP1Settings(
            header_read_timeout=round(config.idle_seconds * 1000), max_buffer_size=LARGEST_HEAD
        ),
        "backlog": BACKLOG,
        "backpressure": most_connections(config.connections),
        "log_level": LogLevels(config.log_level.lower()) if config.log_level != "INFO" else LogLevels.warning,
        "log_dictconfig": logs.dictionary(config) if server.logs_as_set else None,
        "static_path_route": [route for route, _ in server.static] or None,
        "static_path_mount": [folder for _, folder in server.static] or None,
    }
