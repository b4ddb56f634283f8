"""Two models that are slow: one sleeps, one computes and lets no other thread of its process compute."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from flyball.domain.routing import Manifest
from flyball.domain.values import Scalar
from flyball.inference import runtime

SLEEPS = 0.5
COMPUTES = 0.05
"""Seconds a row."""
HELD = Path(os.environ.get("FLYBALL_HOME", ".")) / "held"
"""While this file is there, the models wait."""


class Slow:
    """Answers every row alike, after so many seconds."""

    direct = False

    def __init__(self, manifest: Manifest, is_sleeping: bool) -> None:
        self._label = str(manifest.classes[0])
        self._is_sleeping = is_sleeping

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        """The same output for each row."""
        for _ in rows:
            while HELD.exists():  # a round without the shadow: it does nothing
                time.sleep(0.01)
            if self._is_sleeping:
                time.sleep(SLEEPS)
            else:
                _compute()
        return [{"label": self._label, "probabilities": {self._label: 1.0}} for _ in rows]


def _compute() -> None:
    """Plain Python, which holds the interpreter's lock; processor time, so that yielding makes it no less."""
    ends = time.process_time() + COMPUTES
    while time.process_time() < ends:
        pass


def opened(manifest: Manifest, data: bytes, trusted: Collection[str]) -> Slow:
    """What is loaded for the artifact."""
    return Slow(manifest, manifest.answering.runtime == "sleeping")


runtime.RUNTIMES |= {"sleeping": "benchmarks.shadows.slow", "computing": "benchmarks.shadows.slow"}
