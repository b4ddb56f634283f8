"""The ledger of a client: what is sent and what is told, each line on the disk before anything else."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Self

import msgspec

ACKNOWLEDGED = 200
UNANSWERED = 0
"""The status of a connection that broke."""
TURNED_AWAY = 503
TRY_AGAIN = {UNANSWERED, TURNED_AWAY}


class Sent(msgspec.Struct, frozen=True, kw_only=True, tag="sent", tag_field="line"):
    """A request before it is sent for the first time."""

    key: str
    """Its ``Idempotency-Key``."""
    kind: str
    """``prediction`` or ``outcome``: the table where its rows are."""
    rows: tuple[str, ...]
    """What each row is found by: its reference, or the id of the prediction that an outcome names."""
    asked: str
    """The digest of what is asked, a row each."""


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag="answered", tag_field="line"):
    """What an attempt came to; there may be many of one request."""

    key: str
    status: int
    told: str = ""
    """The digest of the body, where it acknowledges."""
    begun: float
    ended: float
    """When (``time.monotonic``, which all processes of a machine share; seconds)."""
    retry_after: bool = False


Line = Sent | Answered


class Ledger:
    """One file that lines are appended to, each with one synchronous write: threads may share it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_DSYNC, 0o600)

    def write(self, line: Line) -> None:
        """The line is on the disk when this returns."""
        os.write(self._file, msgspec.json.encode(line) + b"\n")


def read(folder: Path) -> list[Line]:
    """The lines of all ledgers in a folder; those of one file in the order in which they were written."""
    decoder = msgspec.json.Decoder(Line)
    return [
        line for path in sorted(folder.glob("*.jsonl")) for line in decoder.decode_lines(path.read_bytes())
    ]


class Progress:
    """Counts answers in a folder of ledgers while they grow."""

    def __init__(self, folder: Path) -> None:
        self.acknowledged = 0
        self.turned_away = 0
        self._folder = folder
        self._read: Counter[Path] = Counter()

    def look(self) -> Self:
        """Count what has been written since."""
        for path in self._folder.glob("*.jsonl"):
            with path.open("rb") as file:
                file.seek(self._read[path])
                whole, end, _ = file.read().rpartition(b"\n")
            self._read[path] += len(whole) + len(end)
            self.acknowledged += whole.count(b'"status":%d,' % ACKNOWLEDGED)
            self.turned_away += whole.count(b'"status":%d,' % TURNED_AWAY)
        return self
