"""Granian's main process, with two rules of our own: a worker that ends comes back, and endings end."""

from __future__ import annotations

import logging
import signal
import time
from multiprocessing.connection import Connection
from typing import Any

from granian.server.mp import MPServer

from flyball.cli.servers.beside import Beside, Pauses, deaf_to_the_terminal
from flyball.cli.servers.health import Health

logger = logging.getLogger(__name__)


class Supervisor(MPServer):
    """Starts workers again after a pause that grows; gives up only where nothing answers for long.

    Granian itself ends when a worker dies within 5.5 seconds of its start, even if it has answered. The
    private methods that are overridden here are why its version is bounded in pyproject.toml.
    """

    def __init__(
        self,
        target: str,
        *,
        health: Health,
        lifeline: Connection,
        beside: Beside | None,
        give_up_seconds: float,
        **settings: Any,
    ) -> None:
        super().__init__(target, respawn_failed_workers=True, **settings)
        self.gave_up = False
        self._health = health
        self._lifeline = lifeline
        self._give_up_seconds = give_up_seconds
        self._beside = beside
        self._pauses = Pauses()
        self._is_under_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        """SIGTERM and Ctrl-C: end in order. Ctrl-C again: end at once."""
        if self.interrupt_signal and args and args[0] == signal.SIGINT:
            for worker in self.wrks:
                worker.kill()
            if self._beside is not None:
                self._beside.kill()
        super().signal_handler_interrupt(*args, **kwargs)

    def signal_handler_reload(self, *args: Any, **kwargs: Any) -> None:
        """SIGHUP, the end of the terminal: the same, unless ``nohup`` has had it ignored."""
        if not self._is_under_nohup:
            self.signal_handler_interrupt(*args, **kwargs)

    def shutdown(self, exit_code: int = 0) -> None:
        """End: each worker sees the lifeline close, and counts its seconds from then on."""
        self._lifeline.close()
        if self._beside is not None:
            self._beside.leave()
        super().shutdown(exit_code)

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        with deaf_to_the_terminal():
            super()._spawn_workers(spawn_target, target_loader)

    def _respawn_workers(self, workers: Any, spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        self._after_an_ending()
        if self.interrupt_signal:
            return
        with deaf_to_the_terminal():
            super()._respawn_workers(workers, spawn_target, target_loader, delay)
        self.respawned_wrks.clear()  # or Granian would take the next ending for a crash loop

    def _after_an_ending(self) -> None:
        self._health.doubt()
        if self._health.seconds_without_answer > self._give_up_seconds:
            self.gave_up = True
            self.signal_handler_interrupt()
        self._wait()

    def _wait(self) -> None:
        now, pause = time.monotonic(), self._pauses.following()
        if not self.interrupt_signal:
            logger.warning("A process of the server ended. It starts again in %.1f s.", pause)
        while not self.interrupt_signal and time.monotonic() - now < pause:
            time.sleep(0.05)
