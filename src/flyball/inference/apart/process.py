"""One process of a model, as the server has it: started, spoken to, watched, and ended."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import threading
from contextlib import suppress

from flyball.inference import interpreters
from flyball.inference.apart.frames import GONE, Frames, Unasked

logger = logging.getLogger(__name__)

CHILD = "flyball.inference.apart.child"
START_SECONDS = 60.0
"""How long an interpreter may take until it runs; it has loaded nothing by then."""
GRACE = 5.0
"""How long to wait for the end of a process that was killed (seconds)."""


class NotStarted(Exception):
    """No process could be started here."""


class Process:
    """A fresh interpreter, in a group of its own, that ends when this process does.

    ``owner`` is this process: a fork of it must not use what it inherits. While it is ``is_in_service``, its
    end is logged. For one thread at a time, but for ``end``.
    """

    def __init__(self, name: str) -> None:
        """``name`` is the model's, for the log. Raises ``NotStarted``."""
        self.owner = os.getpid()
        self._name = name
        self.is_in_service = False
        ours, theirs = socket.socketpair()
        self.frames = Frames(ours)
        try:
            with theirs:
                self._child = _started(theirs)
            self._watching = threading.Thread(target=self._watch, name="flyball-watching", daemon=True)
            self._watching.start()
        except (OSError, RuntimeError) as error:  # no more processes, or no more threads
            self.frames.close()
            raise NotStarted(type(error).__name__) from error
        self._await_start()

    @property
    def pid(self) -> int:
        """Its id."""
        return self._child.pid

    def ask(self, message: bytes) -> bytearray:
        """Its answer to a message. Raises ``Unasked`` where it cannot be asked, ``GONE`` where it ends."""
        if self.owner != os.getpid():
            raise Unasked
        return self.frames.exchange(message)

    def ended(self) -> str:
        """How it ended, once it has: what follows "The process"."""
        self._watching.join(GRACE)
        code = self._child.returncode
        if code is None:
            return "was given up"
        return f"was ended by {_signal(-code)}" if code < 0 else f"ended with {code}"

    def end(self) -> None:
        """End it and all that it started, without waiting for that. A fork of its owner does nothing."""
        if self.owner == os.getpid():
            self.is_in_service = False
            self.give_up()

    def give_up(self) -> None:
        """The same of one that is no use any more: where it is in service, its end is logged."""
        if self.owner == os.getpid() and self._child.returncode is None:
            interpreters.end(self._child.pid)

    def wait(self) -> None:
        """Wait until it has ended."""
        self._watching.join(GRACE)

    def _await_start(self) -> None:
        try:
            if not self.frames.has_something(START_SECONDS):
                raise NotStarted(f"it did not start within {START_SECONDS:g} s")
            self.frames.receive()
        except GONE as error:
            raise self._given_up(f"it {self.ended()}") from error
        except NotStarted as error:
            raise self._given_up(str(error)) from error

    def _given_up(self, why: str) -> NotStarted:
        self.end()
        self.frames.close()
        return NotStarted(why)

    def _watch(self) -> None:
        # In a thread of its own, so that none is left as a zombie and each is told of, asked or not.
        with suppress(ChildProcessError, AttributeError):  # not every system can wait so
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            interpreters.end(self.pid)  # what it has started; afterwards its number may be another one's
        code = self._child.wait()
        self.frames.cut()  # a fork of the model's may hold the other end open
        if self.is_in_service:
            how = _signal(-code) if code < 0 else f"code {code}"
            logger.warning("The process of %s has ended (%s); the next call starts another.", self._name, how)


def _started(theirs: socket.socket) -> subprocess.Popen[bytes]:
    environment = {**dict.fromkeys(interpreters.ONE_THREAD, "1"), **os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(interpreters.places())
    return subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours, and a number
        interpreters.command(CHILD, str(os.getpid())),
        stdin=theirs.fileno(),
        env=environment,
        process_group=0,  # whatever it starts ends with it, and a terminal's Ctrl-C is not for it
    )


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
