"""A process that makes what is due by a clock in a file, again and again, until it is killed."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path


def main(clock: Path) -> None:
    """Say once that it has begun; then look, as fast as it can."""
    import django

    django.setup()
    from flyball.control.schedules.making import make_due

    print("begun", flush=True)  # noqa: T201 - the test waits for it
    while True:
        make_due(datetime.fromisoformat(clock.read_text()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
