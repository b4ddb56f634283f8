"""The two servers of the benchmark, each under granian with one worker, on files of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
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
    process: int = 0
    """The server's main process; those that answer are its children."""


@contextmanager
def both(folder: Path) -> Iterator[tuple[Target, Target]]:
    """Flyball and its peer, running on the same model, until the block ends."""
    prepared = _prepare(folder)
    environment = _environment(folder)
    with (
        _granian("flyball.serving.app:application", folder, environment) as (ours, _),
        _granian("benchmarks.peer:application", folder, environment) as (theirs, _),
    ):
        yield replace(prepared, port=ours), replace(prepared, port=theirs)


@contextmanager
def supervised(folder: Path, command: str = "serve", runtime: str = "") -> Iterator[Target]:
    """Flyball as ``flyball serve`` starts it, or ``flyball up``, until the block ends.

    With the runtime ``constant`` the model costs nothing.
    """
    prepared = _prepare(folder, runtime=runtime)
    port = _free_port()
    spool = folder / "spool"
    spool.mkdir()
    environment = {**_environment(folder), "FLYBALL_PORT": str(port), "TMPDIR": str(spool)}
    if runtime:
        root = str(Path(__file__).parent.parent)
        environment |= {"DJANGO_SETTINGS_MODULE": "benchmarks.constant_settings", "PYTHONPATH": root}
    words = [str(Path(sys.executable).parent / "flyball"), command]
    with _process(words, port, folder, environment) as process:
        yield replace(prepared, port=port, process=process)


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "FLYBALL_HOME": str(folder),
        "FLYBALL_DATABASE_URL": f"sqlite:///{folder / 'flyball.sqlite3'}",
        "PEER_HOME": str(folder),
    }


@contextmanager
def engine_and_constant(folder: Path, database: str | None) -> Iterator[dict[str, Target]]:
    """The data plane with a model that costs nothing, and a constant answer, until the block ends.

    ``database`` is the URL of an empty PostgreSQL database; without one the data plane has a SQLite file.
    """
    url = database or f"sqlite:///{folder / 'flyball.sqlite3'}"
    prepared = _prepare(folder, url, runtime="constant")
    environment = {**_environment(folder), "FLYBALL_DATABASE_URL": url}
    with (
        _granian("benchmarks.constant:engine", folder, environment) as (ours, mine),
        _granian("benchmarks.constant:constant", folder, environment) as (theirs, other),
    ):
        yield {
            "engine": replace(prepared, port=ours, process=mine),
            "constant": replace(prepared, port=theirs, process=other),
        }


def _prepare(folder: Path, url: str = "", runtime: str = "") -> Target:
    """A database with the endpoint published, in this process, which serves nothing."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "flyball.project.settings",
        "FLYBALL_HOME": str(folder),
        "FLYBALL_DATABASE_URL": url or f"sqlite:///{folder / 'flyball.sqlite3'}",
    }
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks import model, publishing

    call_command("migrate", verbosity=0)
    _, made = model.build()
    manifest = made.manifest
    pipeline = next(each.digest for each in manifest.artifacts if each.runtime == "scikit-learn")
    (folder / "model.skops").write_bytes(made.files[pipeline])
    if runtime:
        only = replace(manifest.answering, runtime=runtime)
        manifest = replace(manifest, artifacts=(only,), golden=())
    key = publishing.publish(made.answering, manifest)
    return Target(port=0, path="/v1/endpoints/income/predictions", row=model.rows()[0], key=key)


@contextmanager
def _granian(application: str, folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """A server of the application: its port and its main process."""
    port = _free_port()
    where = ["--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", *where, application]
    with _process(command, port, folder, environment) as process:
        yield port, process


@contextmanager
def _process(
    command: Sequence[str], port: int, folder: Path, environment: Mapping[str, str]
) -> Iterator[int]:
    """A command that listens, until the block ends: the number of its process."""
    log = folder / f"{port}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(port, log)
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, log: Path) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(log.read_text())
