"""A transformer that writes down each of its fits."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

FITS = "TEST_FITS"
"""Names the variable that names the file: a line for each fit."""
AT = "TEST_AT"
"""The same for numbers of lines after which something happens, separated by commas."""
DOES = "TEST_DOES"
"""The same for what that is."""
DEADLY = "TEST_DEADLY"
"""Set where points that are too high end the process, instead of failing."""
SLOW = "TEST_SLOW"
"""The same for the seconds that a fit takes besides."""
FOREVER = 600
HIGH = 0.8


class Fits(TransformerMixin, BaseEstimator):
    """Cuts ages off: the higher its ``point``, the less is lost; above 0.8 it fails."""

    def __init__(self, point: float = 0.3) -> None:
        self.point = point

    def fit(self, X: pd.DataFrame, y: Any = None) -> Fits:  # noqa: N803 - scikit-learn's
        """Write it down: the point, the rows and what they sum up to."""
        file = Path(os.environ[FITS])
        with file.open("a") as lines:
            lines.write(f"{self.point!r} {len(X)} {X.to_numpy().sum():.6f}\n")
        if str(len(file.read_text().splitlines())) in os.environ.get(AT, "").split(","):
            HAPPENS[os.environ[DOES]]()
        time.sleep(float(os.environ.get(SLOW, 0)))
        if self.point > HIGH:
            if DEADLY in os.environ:
                _kill()
            raise ValueError(f"{self.point!r} is too high")
        self.fitted_ = True
        return self

    def transform(self, X: pd.DataFrame) -> Any:  # noqa: N803 - as above
        """The ages."""
        return np.minimum(X[["age"]].to_numpy(dtype=float), 20 + 50 * self.point)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_worker() -> None:
    os.kill(_parent(os.getppid()), signal.SIGKILL)  # of which this one is a fork of a fork server
    time.sleep(FOREVER)  # this process ends with it


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _wait() -> None:
    time.sleep(FOREVER)


def _leave() -> None:
    raise SystemExit


HAPPENS = {"kill": _kill, "kill worker": _kill_worker, "wait": _wait, "leave": _leave}
