"""A user's project in processes of its own: commands as they are typed, and a server as it is started."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

BIN = Path(sys.executable).parent
PATIENCE = 120
"""How long a server may take to start on a machine that does much else (seconds)."""
HTTP = httpx.Client(timeout=30, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
"""One for all: each client reads all certificates that are trusted here, which takes 20 ms of a processor."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Shell:
    """A directory and an environment in which commands run."""

    directory: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    @property
    def environment(self) -> dict[str, str]:
        """As a user has it: nothing of the test suite's own."""
        ours = ("DJANGO", "FLYBALL", "PYTEST")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        return {**kept, "PATH": path, "FLYBALL_PORT": str(self.port), **self.settings}

    def run(self, *words: str, exits: int = 0) -> subprocess.CompletedProcess[str]:
        """A command, which ends with ``exits``."""
        done = subprocess.run(
            words, cwd=self.directory, env=self.environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == exits, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def flyball(self, *words: str) -> Any:
        """``flyball … --json``: what it printed."""
        return json.loads(self.run("flyball", *words, "--json").stdout)

    @contextmanager
    def up(self, *options: str, worker: bool = False) -> Iterator[Server]:
        """``flyball up``, until the block ends; then Ctrl-C. Without a ``worker`` it starts faster."""
        alone = () if worker else ("--no-worker",)
        server = subprocess.Popen(
            ["flyball", "up", "--json", *alone, *options],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            document = json.loads(said)
            key = Path(document["key_file"]).read_text().strip()
            yield Server(server.pid, document["url"], key, document["curl"], said)
        finally:
            os.killpg(server.pid, signal.SIGINT)  # as a terminal sends it: to every process
            server.wait(PATIENCE)


@dataclass(frozen=True)
class Server:
    """A server that answers, and an owner's key to it."""

    process: int
    url: str
    key: str
    curl: str | None
    said: str
    """What was printed when it answered."""

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer to a request that succeeds."""
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = HTTP.request(method, self.url + path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def wait_for_champion(self, endpoint: str, version: int) -> None:
        """Return once the server answers with that version. Servers look twice a second."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            routes = self.ask("GET", "/v1/status")["routes"]
            if endpoint in routes and routes[endpoint]["arms"][0]["version"] == version:
                return
            time.sleep(0.1)
        raise AssertionError(f"The server does not answer with version {version}.")


def processes_of(group: int) -> list[int]:
    """The processes of a group that still live. Not by ``ps``: some look twenty times a second."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, said = path.read_text().rsplit(")", 1)  # a name may hold anything
        except (FileNotFoundError, ProcessLookupError):  # it ended since it was listed
            continue
        state, _, of = said.split()[:3]
        if int(of) == group and state != "Z":
            found.append(int(path.parent.name))
    return found


def all_end(group: int) -> bool:
    """Whether every process of a group ends; Python's own tracker follows the others a moment later."""
    deadline = time.monotonic() + PATIENCE
    while processes_of(group) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not processes_of(group)


def with_candidates(endpoints: Path, *names: str) -> None:
    """Have the endpoint that a file declares try these candidates alone: a build takes most of a journey."""
    text, changed = re.subn(r"candidates = \[[^]]*\]", f"candidates = {list(names)}", endpoints.read_text())
    assert changed == 1
    endpoints.write_text(text)


def with_one_trial(endpoints: Path) -> None:
    """Have the endpoints that a file declares try each candidate once: enough to see that it can be built."""
    text, changed = re.subn(r"trials=\d+", "trials=1", endpoints.read_text())
    assert changed
    endpoints.write_text(text)


def workers_of(group: int) -> list[int]:
    """The processes of a server that answer: spawned ones that are not Python's own tracker."""
    found = []
    for process in processes_of(group):
        try:
            line = Path(f"/proc/{process}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):  # it ended since it was listed
            continue
        if process != group and b"spawn_main" in line:
            found.append(process)
    return found
