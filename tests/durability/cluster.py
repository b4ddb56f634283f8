"""A PostgreSQL of the harness's own, in a folder of its own, that may be killed and be away."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.shell import free_port

DEBIAN = Path("/usr/lib/postgresql")
PATIENCE_SECONDS = 60
SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_wal_size": "64MB"}


def programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``; ``None`` where this machine has none."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else sorted(DEBIAN.glob("*/bin"), reverse=True)
    return next((each for each in places if (each / "initdb").exists()), None)


class Cluster:
    """Data files, and the server on them while it runs."""

    def __init__(self, folder: Path) -> None:
        found = programs()
        if found is None:
            raise RuntimeError("This machine has no PostgreSQL: initdb was not found.")
        self._programs = found
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        folder.mkdir()
        if self._user:
            shutil.chown(folder, self._user)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    def url(self, port: int | None = None) -> str:
        """Its address, or that of a proxy before it. Not encrypted: the proxy reads along."""
        return f"postgresql://postgres@127.0.0.1:{port or self._port}/postgres?sslmode=disable"

    def make(self) -> None:
        """Make the data files."""
        self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--pgdata=data").wait()

    def start(self) -> None:
        """Start the server and wait until it answers, also after the crash of an earlier one."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        options = [f"--{name}={value}" for name, value in {**SETTINGS, "port": self._port}.items()]
        while not self.answers():
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start; see {self._folder}/log.")
            # What is left of a killed one keeps the next one from starting for a moment.
            if self._process is None or self._process.poll() is not None:
                self._process = self._run("postgres", "-D", "data", *options)
            time.sleep(0.05)

    def fill(self, url: str) -> None:
        """Copy another PostgreSQL's database into this one."""
        dump, load = str(self._programs / "pg_dump"), str(self._programs / "psql")
        content = subprocess.run([dump, "--no-owner", f"--dbname={url}"], stdout=subprocess.PIPE, check=True)
        subprocess.run(
            [load, "--quiet", self.url()], input=content.stdout, check=True, stdout=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """``kill -9`` of the postmaster; its backends end by themselves."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """End it at once, without a checkpoint: the next start has to recover."""
        self._signal(signal.SIGQUIT)

    def freeze(self) -> None:
        """Stop its processes where they are."""
        self._tell_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._tell_all(signal.SIGCONT)

    def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE_SECONDS)
            self._process = None

    def _tell_all(self, number: signal.Signals) -> None:
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        for process in (self._process.pid, *map(int, children.split())):
            os.kill(process, number)

    def _run(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("a") as log:
            return subprocess.Popen(
                [self._programs / program, *words],
                cwd=self._folder,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A new PostgreSQL in a folder that is made, until the block ends."""
    cluster = Cluster(folder)
    try:
        cluster.make()
        cluster.start()
        yield cluster
    finally:
        cluster.kill()
