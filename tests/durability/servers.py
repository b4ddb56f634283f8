"""A server in processes of its own, started and ended again and again on one port."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.shell import BIN, free_port, processes_of, workers_of

ROW = {"age": 80.0, "ward": "east"}
PATIENCE_SECONDS = 60
"""How long a server may take to start, or to end, on a machine that does much else."""
DRAIN_SECONDS = "1"
"""What a worker has left to answer whose main process was killed."""


class Server:
    """``flyball serve``, or other words, on a database by URL."""

    def __init__(self, url: str, home: Path, *words: str, directory: Path | None = None) -> None:
        self.port = free_port()
        self.words = words or ("serve",)
        self.url = url
        self._directory = directory or home
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DJANGO")},
            "FLYBALL_DATABASE_URL": url,
            "FLYBALL_HOME": str(home),
            "FLYBALL_PORT": str(self.port),
            "FLYBALL_DRAIN_SECONDS": DRAIN_SECONDS,
        }
        self._log = home / f"server-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def processes(self) -> list[int]:
        """All of its processes."""
        return [] if self._process is None else processes_of(self._process.pid)

    @property
    def workers(self) -> list[int]:
        """Those that answer."""
        return [] if self._process is None else workers_of(self._process.pid)

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [BIN / "flyball", *self.words],
                cwd=self._directory,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        process = self._process
        self._until(lambda: process is None or process.poll() is not None or self.answers(), "answered")
        if process is None or process.poll() is not None:
            raise RuntimeError(f"The server ended by itself; see {self._log}.")

    def kill(self) -> None:
        """``kill -9`` of every process of it, and wait until they are gone."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._gone()

    def kill_worker(self) -> None:
        """``kill -9`` of a process that answers; the main process starts another one."""
        killed = self.workers[0]
        os.kill(killed, signal.SIGKILL)
        self._until(lambda: killed not in self.processes, "lost its worker")

    def kill_main(self) -> None:
        """``kill -9`` of the main process; its workers end by themselves."""
        assert self._process is not None
        self._process.kill()
        self._gone()

    def end(self) -> int:
        """SIGTERM, as a service manager sends it; the exit code of the main process."""
        assert self._process is not None
        self._process.terminate()
        return self._gone()

    def _gone(self) -> int:
        assert self._process is not None
        code = self._process.wait(PATIENCE_SECONDS)
        self._until(lambda: not self.processes, "ended")
        self._process = None
        return code

    def answers(self) -> bool:
        """Whether it does."""
        try:
            return request(self.port, "GET", "/v1/health")[0] == 200
        except OSError:
            return False

    def _until(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not true():
            if time.monotonic() > deadline:
                raise RuntimeError(f"The server has not {what} in time; see {self._log}.")
            time.sleep(0.05)


def request(
    port: int, method: str, path: str, key: str = "", body: Any = None, **headers: str
) -> tuple[int, Any]:
    """One request on a connection of its own: the status and the JSON answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")
    except http.client.HTTPException as error:
        raise OSError("The connection broke.") from error
    finally:
        connection.close()
