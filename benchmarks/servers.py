"""The two servers of the benchmark, each under granian with one worker, on files of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flyball.domain.values import Scalar


@dataclass(frozen=True)
class Target:
    """Where to send what."""

    port: int
    path: str
    row: Mapping[str, Scalar]
    key: str = "none"


@contextmanager
def both(folder: Path) -> Iterator[tuple[Target, Target]]:
    """Flyball and its peer, running on the same model, until the block ends."""
    prepared = _prepare(folder)
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "FLYBALL_HOME": str(folder),
        "PEER_HOME": str(folder),
    }
    environment["FLYBALL_DATABASE_URL"] = f"sqlite:///{folder / 'flyball.sqlite3'}"
    with (
        _granian("flyball.serving.app:application", folder, environment) as ours,
        _granian("benchmarks.peer:application", folder, environment) as theirs,
    ):
        yield replace(prepared, port=ours), replace(prepared, port=theirs)


def _prepare(folder: Path) -> Target:
    """A database with the endpoint published, in this process, which serves nothing."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "flyball.project.settings",
        "FLYBALL_HOME": str(folder),
        "FLYBALL_DATABASE_URL": f"sqlite:///{folder / 'flyball.sqlite3'}",
    }
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks import model, publishing

    call_command("migrate", verbosity=0)
    _, data, manifest = model.build()
    (folder / "model.skops").write_bytes(data)
    key = publishing.publish(data, manifest)
    return Target(port=0, path="/v1/endpoints/income/predictions", row=model.rows()[0], key=key)


@contextmanager
def _granian(application: str, folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = ["granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), application]
    log = folder / f"{port}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=dict(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(port, log)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _wait(port: int, log: Path) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(log.read_text())
