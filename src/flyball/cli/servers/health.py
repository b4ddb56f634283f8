"""Whether a server answers: asked when it starts, and again whenever one of its processes has ended."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

PAUSE = 0.05
"""Between two attempts (seconds)."""


class Health:
    """Asks ``probe`` from its own thread while an answer is in doubt; calls ``ready`` at the first one."""

    def __init__(self, probe: str, ready: Callable[[], None]) -> None:
        self._probe = probe
        self._ready: Callable[[], None] | None = ready
        self._doubt = threading.Event()
        self._since: float | None = None

    def start(self) -> None:
        """Ask until the first answer."""
        self.doubt()
        threading.Thread(target=self._watch, name="flyball-health", daemon=True).start()

    def doubt(self) -> None:
        """Ask again: something happened that may have ended the answers."""
        if self._since is None:
            self._since = time.monotonic()
        self._doubt.set()

    @property
    def seconds_without_answer(self) -> float:
        """How long nothing has answered; 0 while it does, or where nobody has doubted it."""
        since = self._since
        return 0 if since is None else time.monotonic() - since

    def _watch(self) -> None:
        while self._doubt.wait():
            self._doubt.clear()  # before asking: a doubt that comes meanwhile is about a later time
            if self._answers():
                self._since = None
                self._tell()
            else:
                self._doubt.set()
                time.sleep(PAUSE)

    def _answers(self) -> bool:
        address = urlsplit(self._probe)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
        try:
            connection.request("GET", address.path)
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _tell(self) -> None:
        ready, self._ready = self._ready, None
        if ready is not None:
            ready()
