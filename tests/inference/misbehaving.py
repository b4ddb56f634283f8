"""Models as a thief or a vandal would write them, for a process that is made for them."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin


class Misbehaving(RegressorMixin, BaseEstimator):
    """Answers 0 for each row, after it has done something; ``what`` says to what or whom."""

    def __init__(self, what: str = "") -> None:
        self.what = what

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        """Zeros, shape (rows,)."""
        self.act()
        return np.zeros(len(X))

    def act(self) -> None:
        """Nothing bad."""


class Crashing(Misbehaving):
    """Reads what is not there."""

    def act(self) -> None:
        """End the process."""
        ctypes.string_at(0)


class Hanging(Misbehaving):
    """Searches for ever, and lets nobody interrupt it."""

    def act(self) -> None:
        """Hold the interpreter."""
        re.match(r"(a+)+$", "a" * 64 + "b")


class Hungry(Misbehaving):
    """Takes memory."""

    def act(self) -> None:
        """Fill eight gigabytes."""
        np.ones(2**30)


class Reading(Misbehaving):
    """Reads a file."""

    def act(self) -> None:
        """Its text."""
        Path(self.what).read_text()


class Writing(Misbehaving):
    """Writes a file."""

    def act(self) -> None:
        """A text."""
        Path(self.what).write_text("mark")


class Calling(Misbehaving):
    """Calls somebody."""

    def act(self) -> None:
        """At the port ``what``."""
        socket.create_connection(("127.0.0.1", int(self.what)), timeout=5).close()


class Starting(Misbehaving):
    """Starts a process."""

    def act(self) -> None:
        """That leaves a mark."""
        subprocess.run([sys.executable, "-c", f"open({self.what!r}, 'w')"], check=True)


class Forking(Misbehaving):
    """Becomes two."""

    def act(self) -> None:
        """And both go on."""
        os.fork()


class Ending(Misbehaving):
    """Ends the process before anybody hears of it."""

    def act(self) -> None:
        """As if all were well."""
        os._exit(0)
