"""Running a server: Granian on one address, told apart by what it serves."""

from __future__ import annotations

import errno
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import httpx
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from flyball.cli import worker
from flyball.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What is served: an ASGI application by name (or a factory of one), and folders of static files."""

    target: str
    factory: bool = False
    lifespan: bool = True
    workers: int = 1
    static: tuple[tuple[str, Path], ...] = ()
    probe: str = "/v1/health"


def run(server: Server, config: Config, ready: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; ``ready`` is called once the first request is answered.

    Raises ``click.ClickException`` where the address is taken.
    """
    address = _address(config.host)
    _refuse_taken(address, config.port)
    # A fresh process for each worker: a fork would take along Django, open connections and threads.
    multiprocessing.set_start_method("spawn", force=True)
    granian = Granian(
        server.target,
        address=address,
        port=config.port,
        interface=Interfaces.ASGI if server.lifespan else Interfaces.ASGINL,
        workers=server.workers,
        respawn_failed_workers=True,
        websockets=False,
        log_level=LogLevels(config.log_level.lower()) if config.log_level != "INFO" else LogLevels.warning,
        static_path_route=[route for route, _ in server.static] or None,
        static_path_mount=[folder for _, folder in server.static] or None,
    )
    threading.Thread(target=_announce, args=(url(config) + server.probe, ready), daemon=True).start()
    granian.serve(target_loader=worker.load_factory if server.factory else worker.load)


def url(config: Config) -> str:
    """Where the server answers."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"http://{host}:{config.port}"


def _announce(probe: str, ready: Callable[[], None]) -> None:
    while True:
        try:
            if httpx.get(probe, timeout=5, trust_env=False).status_code < 500:
                break
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    ready()


def _refuse_taken(address: str, port: int) -> None:
    # Granian shares its port with others (SO_REUSEPORT): two servers would each get half of the requests.
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                message = f"Port {port} of {address} is not free. Choose another with FLYBALL_PORT."
            else:
                message = f"No server can listen on {address}, port {port}: {error.strerror}."
            raise click.ClickException(message) from error


def _address(host: str) -> str:
    """The address of a host by name, as Granian wants it."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise click.ClickException(f"FLYBALL_HOST names no address of this machine: {host}.") from error
