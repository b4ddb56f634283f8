"""The processes of a server's models: at most so many, each as long as somebody holds its runtime."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Container

from flyball.domain.errors import Overloaded
from flyball.domain.routing import Manifest
from flyball.inference.apart.model import Apart, DoesNotOpenApart, Model
from flyball.inference.apart.process import NotStarted

logger = logging.getLogger(__name__)

SLOW = frozenset({"scikit-learn"})
"""Whose models have processes of their own: they take milliseconds a call, and hold the interpreter."""


class Processes:
    """At most ``most`` processes of models. May be shared by threads.

    ``prelude`` names what a process calls before it imports a type of the user's own: ``module:function``.
    """

    def __init__(self, most: int = 0, prelude: str = "") -> None:
        self._most = most
        self._prelude = prelude
        self._held: set[Model] = set()
        self._counting = threading.Lock()
        self._is_closed = False

    def lack(self, manifest: Manifest) -> bool:
        """Whether a version would have one, but there are as many as may be."""
        return self._serve(manifest) and len(self._held) >= self._most

    def opened(
        self, manifest: Manifest, data: bytes, again: Callable[[], bytes], trusted: Container[str]
    ) -> Apart | None:
        """A version in a process of its own, its golden answers proven; ``None``: the server opens it itself.

        ``again`` reads ``data`` once more. Raises what ``inference.runtime.load`` raises.
        """
        if not self._serve(manifest):
            return None
        model = Model(manifest, again, trusted, self._prelude)
        why = "" if self._keep(model) else f"there are {self._most} processes of models already"
        try:
            if not why:
                model.open(data)
                return Apart(model, self._release)
        except DoesNotOpenApart as error:
            why = f"with types of your own it does not open in a process apart. {error}"
        except NotStarted as error:
            why = f"no process could be started ({error})"
        except BaseException:
            self._release(model)
            raise
        self._release(model)
        logger.warning("%s@%s is opened in the server itself: %s", manifest.endpoint, manifest.number, why)
        return None

    def close(self) -> None:
        """End all of them, and start none any more."""
        with self._counting:
            self._is_closed = True
            held = list(self._held)
        for process in [model.close() for model in held]:
            if process is not None:
                process.wait()

    def _serve(self, manifest: Manifest) -> bool:
        return self._most > 0 and manifest.answering.runtime in SLOW

    def _keep(self, model: Model) -> bool:
        with self._counting:
            if self._is_closed:
                raise Overloaded
            if len(self._held) >= self._most:
                return False
            self._held.add(model)
            return True

    def _release(self, model: Model) -> None:
        # Without the lock: the collector of garbage may call this in a thread that holds it.
        self._held.discard(model)
        model.close()
