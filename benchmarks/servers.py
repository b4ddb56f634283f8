"""A server as a process of its own: how it is started, asked and ended."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flyball.domain.values import Scalar

PATIENCE = 120.0
"""How long a server may take until its first answer, and a client waits for any answer (seconds)."""
PAUSE = 0.005
"""Between two attempts to get the first answer (seconds)."""
PORT = "{port}"
"""Stands for the port, in a command and its environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How a server is started, and what it is asked.

    It runs in ``directory`` and keeps its log and temporary files in ``folder``. Rows are sent as they are,
    or as the ``input`` of a body.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    directory: Path
    path: str
    environment: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    wrapped: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What is sent with each body."""
        known = {"Content-Type": "application/json"}
        return known | {"Authorization": f"Bearer {self.key}"} if self.key else known

    def body(self, row: Mapping[str, Scalar]) -> str:
        """What is sent for a row."""
        return json.dumps({"input": row} if self.wrapped else row)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers. ``process`` leads the group of its processes.

    ``seconds`` is how long it took from its start to its first answer.
    """

    server: Server
    port: int
    process: int
    seconds: float

    def output(self, row: Mapping[str, Scalar]) -> dict[str, Any]:
        """What the server says of a row. Raises ``RuntimeError`` where it does not answer with 200."""
        return self.outputs([row])[0]

    def outputs(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        """The same for each of many rows, one request after the other."""
        with self.connected() as ask:
            documents = [ask(row) for row in rows]
        return [document["output"] if self.server.wrapped else document for document in documents]

    @contextmanager
    def connected(self) -> Iterator[Callable[[Mapping[str, Scalar]], dict[str, Any]]]:
        """What asks the server about a row and gives the whole answer, on one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            yield lambda row: _asked(connection, self.server, row)
        finally:
            connection.close()


@contextmanager
def running(server: Server, row: Mapping[str, Scalar]) -> Iterator[Running]:
    """The server, once it has answered the row, until the block ends."""
    port = free_port()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **server.environment}
    spool = server.folder / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    log = server.folder / f"{port}.log"
    began = time.perf_counter()
    with log.open("w") as output:
        process = subprocess.Popen(
            [word.replace(PORT, str(port)) for word in server.command],
            cwd=server.directory,
            env={name: each.replace(PORT, str(port)) for name, each in environment.items()}
            | {"TMPDIR": str(spool)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        answering = Running(server, port, process.pid, 0.0)
        _wait(answering, process, row, log)
        yield Running(server, port, process.pid, time.perf_counter() - began)
    finally:
        _end(process)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _asked(
    connection: http.client.HTTPConnection, server: Server, row: Mapping[str, Scalar]
) -> dict[str, Any]:
    connection.request("POST", server.path, server.body(row), server.headers)
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        raise RuntimeError(f"{server.name} answered {response.status}: {content[:500].decode('latin-1')}")
    document: dict[str, Any] = json.loads(content)
    return document


def _wait(answering: Running, process: subprocess.Popen[bytes], row: Mapping[str, Scalar], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            answering.output(row)
        except (OSError, http.client.HTTPException, RuntimeError):
            time.sleep(PAUSE)
        else:
            return
    raise RuntimeError(f"{answering.server.name} does not answer.\n{log.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what its main process has left behind
    process.wait()
