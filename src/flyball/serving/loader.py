"""From a manifest to a runtime that has given its golden answers; those asked last stay, within a budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flyball.domain.errors import NotReady, Overloaded
from flyball.domain.routing import Manifest
from flyball.domain.values import Scalar
from flyball.inference import runtime
from flyball.inference.apart.processes import Processes
from flyball.inference.reasons.explained import Explainer
from flyball.inference.reasons.opening import artifact_of, compiled_of, opened
from flyball.inference.runtime import Runtime
from flyball.serving.readers import Readers
from flyball.stores import artifacts

Trust = Callable[[str], Container[str]]
"""Which types of the user's own the artifacts of an endpoint may hold, by its name."""
Key = tuple[str, int]
"""An endpoint's name and the number of its version."""
UNROUTED = 4
"""How many versions that no route names stay loaded, for requests that ask for them by number."""
SMALLEST = 128 * 1024
"""What a loaded version takes at least, however small its artifact is (bytes)."""
TIMES = 8
"""How many times its artifact a loaded version takes; measured: 6 to 8 where it is compiled, else 3 to 17."""
PROCESS = 128 * 1024 * 1024
"""What a version takes besides that has a process of its own: the libraries (bytes; measured)."""


class _Away:
    """In place of a version that is loaded once it is asked: whoever asks it waits for that first."""

    direct = False

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        """Nothing: raises ``NotReady``."""
        raise NotReady


AWAY: Runtime = _Away()
"""What a routed version has for its runtime while it is not loaded."""


@dataclass(slots=True)
class _Kept:
    """A version that is loaded, or is being loaded; ``asked`` is when it was asked for last (monotonic).

    ``explainer`` is what explains it, once that has been asked for.
    """

    manifest: Manifest
    is_routed: bool
    asked: float = field(default_factory=time.monotonic)
    size: int = 0
    runtime: Future[Runtime] = field(default_factory=lambda: _begun())
    explainer: Future[Explainer] | None = None

    @property
    def is_loaded(self) -> bool:
        return self.runtime.done() and self.runtime.exception() is None

    @property
    def has_failed(self) -> bool:
        return self.runtime.done() and self.runtime.exception() is not None


class Loader:
    """Reads artifacts, opens them and keeps what it opened. May be shared by threads.

    ``budget`` is how many bytes the versions that routes name may take, estimated from their artifacts;
    ``None`` is without a bound. Versions that are not compiled have one of the ``processes`` each, while
    there are any.
    """

    def __init__(
        self,
        readers: Readers,
        trusted: Trust = lambda _: (),
        budget: int | None = None,
        processes: Processes | None = None,
    ) -> None:
        self.budget = budget
        self._processes = processes or Processes()
        self._readers = readers
        self._trusted = trusted
        self._kept: dict[Key, _Kept] = {}
        self._changing = threading.Lock()
        # One thread of its own: loading takes seconds, and the readers' threads look up everybody's features.
        self._thread = ThreadPoolExecutor(1, "flyball-loader")

    @property
    def is_full(self) -> bool:
        """Whether what is loaded takes as much as it may."""
        if self.budget is None:
            return False
        with self._changing:
            return sum(each.size for each in self._kept.values()) >= self.budget

    def load(self, manifest: Manifest) -> Runtime:
        """A version that a route names, from its artifact, proven by its golden answers.

        Raises ``ArtifactCorrupt``, ``ArtifactUntrusted``, ``GoldenMismatch``, and ``Overloaded`` where the
        database does not answer.
        """
        kept, is_new = self._keep(manifest, is_routed=True)
        if is_new:
            self._open(kept)
        return kept.runtime.result()

    def loaded(self, manifest: Manifest, *, is_routed: bool = False) -> Future[Runtime]:
        """A version kept from before, or loaded in the loader's thread.

        Of those that no route names, the one asked longest ago is let go; one that does not load is tried
        again by the next request. Nobody can cancel it.
        """
        return self._loaded(manifest, is_routed=is_routed).runtime

    def explainer(self, manifest: Manifest) -> Future[Explainer]:
        """What explains a version, kept beside it: opened in the loader's thread when it is first asked for.

        Raises ``NoReasons``.
        """
        artifact_of(manifest)
        kept = self._loaded(manifest, is_routed=False)
        with self._changing:
            known = kept.explainer
            if known is not None and not (known.done() and known.exception()):
                return known
            explainer = kept.explainer = _begun()
        self._begin(partial(self._explain, kept, explainer), explainer)
        return explainer

    def fit(self, routed: Container[Key], used: Mapping[Key, float]) -> dict[Key, tuple[Manifest, Runtime]]:
        """Let go of the versions that were used longest ago, beyond the budget, and of those without a route.

        ``used`` says when a version answered last (monotonic). One is kept even if it is larger. Gives what
        is loaded, and ``AWAY`` for what was let go to make room.
        """
        with self._changing:
            for key, kept in list(self._kept.items()):
                kept.asked = max(kept.asked, used.get(key, 0.0))
                if kept.is_routed and key not in routed:
                    del self._kept[key]
            gone = {key: (self._kept.pop(key).manifest, AWAY) for key in self._beyond()}
            loaded = {key: each for key, each in self._kept.items() if each.is_loaded}
            return gone | {key: (each.manifest, each.runtime.result()) for key, each in loaded.items()}

    def close(self) -> None:
        """End the thread and the processes; what still waits for them is not loaded."""
        self._thread.shutdown(cancel_futures=True)
        self._processes.close()

    def _loaded(self, manifest: Manifest, *, is_routed: bool) -> _Kept:
        kept, is_new = self._keep(manifest, is_routed=is_routed)
        if is_new:
            self._begin(partial(self._open, kept), kept.runtime)
        return kept

    def _begin(self, work: Callable[[], None], promise: Future[Any]) -> None:
        """Have the thread do the work that settles a promise; it is settled in any case."""
        try:
            begun = self._thread.submit(work)
        except RuntimeError:  # closed: whoever asks next must not wait for it
            promise.set_exception(Overloaded())
        else:
            begun.add_done_callback(lambda done: _give_up(promise) if done.cancelled() else None)

    def _keep(self, manifest: Manifest, *, is_routed: bool) -> tuple[_Kept, bool]:
        """What is kept of a version, and whether it is new and has to be opened."""
        key = (manifest.endpoint, manifest.number)
        with self._changing:
            known = self._kept.get(key)
            if known is None or known.has_failed or known.manifest != manifest:
                kept = self._kept[key] = _Kept(manifest, is_routed)
            else:
                kept = known
                kept.is_routed = kept.is_routed or is_routed
                kept.asked = time.monotonic()
            self._let_go_of_unrouted()
            return kept, kept is not known

    def _open(self, kept: _Kept) -> None:
        manifest = kept.manifest
        try:
            self._make_room(kept)
            read = partial(self._read, manifest.answering.digest)
            data = read()
            kept.size = max(SMALLEST, TIMES * len(data))
            trusted = self._trusted(manifest.endpoint)
            loaded: Runtime | None = self._processes.opened(manifest, data, read, trusted)
            if loaded is None:
                loaded = runtime.load(manifest, data, trusted)
            else:
                kept.size += PROCESS
        except BaseException as error:  # noqa: BLE001 - whatever it was, somebody waits for it
            kept.size = 0
            kept.runtime.set_exception(error)
        else:
            kept.runtime.set_result(loaded)

    def _explain(self, kept: _Kept, promise: Future[Explainer]) -> None:
        manifest = kept.manifest
        try:
            runtime, compiled = kept.runtime.result(), compiled_of(manifest)
            data = self._read(artifact_of(manifest).digest)
            explainer = opened(manifest, data, self._read(compiled) if compiled else None, runtime)
            kept.size += explainer.size
        except BaseException as error:  # noqa: BLE001 - whatever it was, somebody waits for it
            promise.set_exception(error)
        else:
            promise.set_result(explainer)

    def _read(self, digest: str) -> bytes:
        database = self._readers.database
        return self._readers.read(lambda connection: artifacts.read(database, connection, digest))

    def _beyond(self) -> list[Key]:
        """The routed versions that do not fit beside those that were used later."""
        if self.budget is None:
            return []
        beyond: list[Key] = []
        room = self.budget
        routed = [key for key, kept in self._kept.items() if kept.is_routed and kept.is_loaded]
        for key in sorted(routed, key=lambda key: self._kept[key].asked, reverse=True):
            size = self._kept[key].size
            if size <= room or room == self.budget:
                room -= size
            else:
                beyond.append(key)
        return beyond

    def _make_room(self, kept: _Kept) -> None:
        """Have those without a route leave their processes to one that a route names."""
        if kept.is_routed and self._processes.lack(kept.manifest):
            with self._changing:
                self._let_go_of_unrouted(most=0)

    def _let_go_of_unrouted(self, most: int = UNROUTED) -> None:
        unrouted = [key for key, kept in self._kept.items() if not kept.is_routed]
        newest = sorted(unrouted, key=lambda key: self._kept[key].asked, reverse=True)
        for key in newest[most:]:
            del self._kept[key]


def _begun() -> Future[Any]:
    """A promise that nobody can call off: several wait for it."""
    promise: Future[Any] = Future()
    promise.set_running_or_notify_cancel()
    return promise


def _give_up(promise: Future[Any]) -> None:
    promise.set_exception(Overloaded())
