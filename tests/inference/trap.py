"""A class that leaves a mark when it is made: no artifact may make it."""

from __future__ import annotations

from pathlib import Path


class Trap:
    """Makes a file."""

    def __init__(self, mark: str) -> None:
        Path(mark).touch()
