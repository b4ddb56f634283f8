"""A data plane in processes of its own, and clients that never give up."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from flyball.stores.database import Database

ROW = {"age": 80.0, "ward": "east"}
STARTING_SECONDS = 60
"""How long a server may take to start on a machine that does much else."""


class Server:
    """``granian flyball.serving.app:application``, started and killed again and again on one port."""

    def __init__(self, database: Database, home: Path) -> None:
        self.port = _free_port()
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DJANGO")},
            "FLYBALL_DATABASE_URL": database.url,
            "FLYBALL_HOME": str(home),
        }
        self._log = (home / "server.log").open("a")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = ["granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", *command, "flyball.serving.app:application"],
            env=self._environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        deadline = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if request(self.port, "GET", "/v1/health")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("The server did not start; see server.log in its home.")

    def kill(self) -> None:
        """``kill -9`` of every process of it, and wait until they are gone."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


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


class Client(threading.Thread):
    """Asks without pause, each time under a reference and key of its own, and again until it is answered."""

    def __init__(self, name: str, port: int, key: str, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.acknowledged: dict[str, str] = {}
        self.refused: list[int] = []
        self._port = port
        self._key = key
        self._stopped = stop

    def run(self) -> None:
        """Ask until told to stop; what is asked then is still answered."""
        number = 0
        while not self._stopped.is_set():
            reference = f"{self.name}-{number}"
            number += 1
            while reference not in self.acknowledged and not self._ask(reference):
                time.sleep(0.05)

    def _ask(self, reference: str) -> bool:
        path, body = self._request(reference)
        try:
            status, answer = request(
                self._port, "POST", path, self._key, body, **{"Idempotency-Key": reference}
            )
        except OSError:
            return False
        if status == 200:
            self.acknowledged[reference] = self._told(answer)
        elif status != 503:
            self.refused.append(status)
        return status == 200

    def _request(self, reference: str) -> tuple[str, Any]:
        return "/v1/endpoints/triage/predictions", {"input": ROW, "reference": reference}

    def _told(self, answer: Any) -> str:
        return str(answer["id"])


BULK = 300
"""Outcomes in one request."""


class Teller(Client):
    """Tells what happened in bulks, each of references of its own that are waited for."""

    def _request(self, reference: str) -> tuple[str, Any]:
        sent = [{"reference": f"{reference}/{number}", "value": "ill"} for number in range(BULK)]
        return "/v1/endpoints/triage/outcomes", {"outcomes": sent}

    def _told(self, answer: Any) -> str:
        return str(answer["held"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
