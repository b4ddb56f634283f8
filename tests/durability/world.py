"""A database with an endpoint, a server on it, and clients that ask it while things happen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from flyball.stores.database import Database
from tests.durability.client import PATIENCE_SECONDS
from tests.durability.cluster import Cluster, running
from tests.durability.ledger import Line, Progress, read
from tests.durability.prepare import ROOT, prepared
from tests.durability.servers import Server
from tests.durability.verifier import Tally, verify

ENOUGH = 64
"""New acknowledgements between one blow and the next: at least so many."""
WORDS = ("serve", "--workers", "2")
MODULE = (sys.executable, "-m", "tests.durability.client")
TABLES = ("prediction", "outcome", "idempotency_key")


class World:
    """A prepared database, and the server that runs on it, if one does."""

    def __init__(
        self, folder: Path, home: Path, database: Database, key: str, cluster: Cluster | None = None
    ) -> None:
        self.folder = folder
        self.home = home
        self.database = database
        self.key = key
        self.cluster = cluster
        self._server: Server | None = None
        self._loads = 0

    def serve(self, *words: str, url: str = "", directory: Path | None = None) -> Server:
        """A server that runs, with these words, on the database or what stands before it."""
        words = words or WORDS
        wanted = (words, url or self.database.url)
        server = self._server
        if server is None or (server.words, server.url) != wanted or not server.answers():
            self.close()
            server = self._server = Server(wanted[1], self.home, *words, directory=directory)
            server.start()
        return server

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.kill()
            self._server = None

    @contextmanager
    def load(self, port: int, arrivals: int = 0) -> Iterator[Load]:
        """16 clients until the block ends; then everything is answered, and counted.

        ``arrivals`` are further ones each second, who do not wait for each other.
        """
        with closing(self.database.connect()) as connection:
            for table in TABLES:
                connection.execute(f"DELETE FROM flyball_{table}")
        self._loads += 1
        ledgers = self.folder / f"ledgers-{self._loads}"
        ledgers.mkdir()
        load = Load(self, port, ledgers, arrivals)
        try:
            yield load
            load.finish()
        finally:
            load.end()


@contextmanager
def made(folder: Path, place: Path, *, postgres: bool) -> Iterator[World]:
    """A world, on SQLite or on a PostgreSQL of its own, until the block ends.

    The ledgers are in ``folder``, what the server and the database write is in ``place``. Both exist.
    """
    home = place / "home"
    home.mkdir(mode=0o700)
    with ExitStack() as stack:
        cluster = stack.enter_context(running(place / "postgresql")) if postgres else None
        database = Database(cluster.url() if cluster else f"sqlite:///{home / 'flyball.sqlite3'}")
        world = World(folder, home, database, prepared(database.url, home), cluster)
        stack.callback(world.close)
        yield world


class Load:
    """A process of clients."""

    def __init__(self, world: World, port: int, ledgers: Path, arrivals: int) -> None:
        self.tally = Tally()
        self.lines: Sequence[Line] = ()
        self._world = world
        self._ledgers = ledgers
        self._progress = Progress(ledgers)
        self._process = subprocess.Popen(
            [*MODULE, f"http://127.0.0.1:{port}", str(ledgers), f"--arrivals={arrivals}"],
            cwd=ROOT,
            env={**os.environ, "FLYBALL_KEY": world.key},
            stdin=subprocess.PIPE,
        )

    def more(self, wanted: int = ENOUGH) -> None:
        """Wait until so many more operations are acknowledged."""
        self._wait("acknowledged", wanted)

    def turned_away(self, wanted: int = 1) -> None:
        """Wait until so many more requests are told to come again."""
        self._wait("turned_away", wanted)

    def _wait(self, what: str, wanted: int) -> None:
        goal = getattr(self._progress.look(), what) + wanted
        deadline = time.monotonic() + PATIENCE_SECONDS
        while getattr(self._progress.look(), what) < goal:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Too few requests are {what.replace('_', ' ')}.")
            time.sleep(0.02)

    def finish(self) -> None:
        """Have the clients end, and count."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(2 * PATIENCE_SECONDS)
        self.lines = read(self._ledgers)
        self.tally = verify(self._world.database, self.lines)

    def end(self) -> None:
        """Leave no process."""
        self._process.kill()
        self._process.wait()
