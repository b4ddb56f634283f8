"""Ctrl-C that Python would lose: the callback of a weak reference swallows it, and each import has one."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

AGAIN = 0.05
"""After so long it comes again, when the callback is over (seconds)."""


def never_lost() -> None:
    """From now on a Ctrl-C that only a message on standard error would be left of comes again."""
    sys.unraisablehook = _unraisable


def _unraisable(what: Any) -> None:
    if not issubclass(what.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(what)
        return
    again = threading.Timer(AGAIN, os.kill, (os.getpid(), signal.SIGINT))
    again.daemon = True
    again.start()
