"""From a manifest to a runtime that has given its golden answers; a few are kept without a route."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Container
from concurrent.futures import Future, ThreadPoolExecutor

from flyball.domain.routing import Manifest
from flyball.inference import runtime
from flyball.inference.runtime import Runtime
from flyball.serving.readers import Readers
from flyball.stores import artifacts

Trust = Callable[[str], Container[str]]
"""Which types of the user's own the artifacts of an endpoint may hold, by its name."""
UNROUTED = 4
"""How many versions that no route names stay loaded, for requests that ask for them by number."""


class Loader:
    """Reads artifacts and opens them. May be shared by threads."""

    def __init__(self, readers: Readers, trusted: Trust = lambda _: ()) -> None:
        self._readers = readers
        self._trusted = trusted
        self._kept: OrderedDict[tuple[str, int], tuple[Manifest, Future[Runtime]]] = OrderedDict()
        self._changing = threading.Lock()
        # One thread of its own: loading takes seconds, and the readers' threads look up everybody's features.
        self._thread = ThreadPoolExecutor(1, "flyball-loader")

    def load(self, manifest: Manifest) -> Runtime:
        """A version from its artifact, proven by its golden answers.

        Raises ``ArtifactCorrupt``, ``ArtifactUntrusted``, ``GoldenMismatch``, and ``Overloaded`` where the
        database does not answer.
        """
        digest = manifest.answering.digest
        data = self._readers.read(
            lambda connection: artifacts.read(self._readers.database, connection, digest)
        )
        return runtime.load(manifest, data, self._trusted(manifest.endpoint))

    def unrouted(self, manifest: Manifest) -> Future[Runtime]:
        """A version that no route names: kept from before, or loaded in the loader's thread.

        The one used longest ago is let go; one that does not load is tried again by the next request.
        """
        key = (manifest.endpoint, manifest.number)
        with self._changing:
            known, loaded = self._kept.get(key, (None, None))
            if loaded is None or known != manifest or _has_failed(loaded):
                loaded = self._thread.submit(self.load, manifest)
            self._kept[key] = (manifest, loaded)
            self._kept.move_to_end(key)
            while len(self._kept) > UNROUTED:
                self._kept.popitem(last=False)
        return loaded

    def close(self) -> None:
        """End the thread; what still waits for it is not loaded."""
        self._thread.shutdown(cancel_futures=True)


def _has_failed(loaded: Future[Runtime]) -> bool:
    return loaded.done() and (loaded.cancelled() or loaded.exception() is not None)
