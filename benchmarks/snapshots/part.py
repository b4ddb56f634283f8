"""One part of the measurement in a process of its own, which says at its end where its file is."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.snapshots import by_hand, taking

PARTS = {"flyball": taking.take, "hand": by_hand.join}

if __name__ == "__main__":
    print(PARTS[sys.argv[1]](Path(sys.argv[2]), sys.argv[3]))
