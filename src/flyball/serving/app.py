"""The wiring of a data plane: the one place where its parts meet; ``application`` is for ASGI servers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TypeVar

from flyball.config import Config, load
from flyball.inference.apart.processes import Processes
from flyball.serving.coalescer import Coalescer, Gatherer
from flyball.serving.collector import calm_collector
from flyball.serving.engine import Engine
from flyball.serving.fallback import Fallback
from flyball.serving.http import asgi, rsgi
from flyball.serving.http.door import Door
from flyball.serving.loader import Loader, Trust
from flyball.serving.pool import Pool
from flyball.serving.preparing.preparer import Preparer
from flyball.serving.readers import Readers
from flyball.serving.recording.recorder import Recorder
from flyball.serving.recording.scrubber import Scrubber
from flyball.serving.refresher import Refresher
from flyball.serving.replaying import Replayer
from flyball.serving.telling.explaining import Explaining
from flyball.stores.database import Database


class DataPlane:
    """Everything that answers, in one process. ``start`` and ``stop`` may each be called again."""

    def __init__(self, config: Config, database: Database, trusted: Trust, prelude: str) -> None:
        readers = Readers(database)
        processes = Processes(config.model_processes, prelude)
        loader = Loader(readers, trusted, config.model_memory, processes)
        pool = Pool()
        self.config = config
        self.database = database
        self.recorder = Recorder(database, config.queue_size)
        self.refresher = Refresher(readers, pool, loader, self.recorder, config.refresh_seconds)
        self._scrubber = Scrubber(database)
        self._readers, self._loader, self._coalescer = readers, loader, Coalescer()
        preparer, gatherer = Preparer(pool, readers, loader), Gatherer(self.recorder)
        self._fallback = Fallback(preparer, self._coalescer, gatherer, self.recorder)
        self._explaining = Explaining(pool, readers, loader)
        self.engine = Engine(
            preparer,
            self._coalescer,
            self.recorder,
            pool=pool,
            readers=readers,
            scrubber=self._scrubber,
            gatherer=gatherer,
            fallback=self._fallback,
            replayer=Replayer(readers, loader, self._coalescer),
            explaining=self._explaining,
            held_limit=config.held_limit,
        )
        self._state = threading.Lock()
        self._running = False
        self._over = False

    def start(self) -> Engine:
        """Load what is published and start the threads. Gives the engine; doors are opened on it."""
        with self._state:
            if not self._running and not self._over:
                self.recorder.start()
                self.refresher.start()
                self._scrubber.start()
                self._running = True
        return self.engine

    def stop(self) -> None:
        """Commit what waits, end the threads, close the connections. It does not start again."""
        with self._state:
            if self._running:
                self.refresher.stop()
                self.recorder.stop()
                self._coalescer.close()
                self._fallback.close()
                self._explaining.close()
                self._loader.close()
                self._readers.close()
                self._scrubber.stop()
                self._running = False
            self._over = True


def create(
    config: Config, database: Database | None = None, trusted: Trust | None = None, prelude: str = ""
) -> DataPlane:
    """A data plane that is not started yet, on the configured database where none is given.

    ``trusted`` says which types of the user's own models may hold; else the settings do. ``prelude`` names
    what the process of a model calls before it imports one of them, as ``module:function``.
    """
    trusted = trusted or (lambda _: config.trusted_types)
    return DataPlane(config, database or Database(config.database_url), trusted, prelude)


def single_threaded_models() -> None:
    """Have each model compute in the thread that asks: for single rows, teams of threads only cost.

    Must run before a model's libraries are loaded; what the environment says already stays.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


T = TypeVar("T")


def _served(face: Callable[[Callable[[], Door], Callable[[], None]], T]) -> T:
    plane: list[DataPlane] = []

    def start() -> Door:
        single_threaded_models()
        config = load()
        plane.append(create(config))
        door = Door(plane[-1].start(), config)
        calm_collector()
        return door

    def stop() -> None:
        while plane:
            plane.pop().stop()

    return face(start, stop)


application = _served(asgi.Application)
"""For any ASGI server, such as ``granian --interface asgi flyball.serving.app:application``; reads the
environment when the server starts."""

native = _served(rsgi.Application)
"""The same for Granian's own interface, RSGI."""
