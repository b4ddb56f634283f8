"""Django with the measured tables, in a process of its own."""

from __future__ import annotations

import os
from pathlib import Path


def start(folder: Path, url: str) -> None:
    """Have this process's Django use that home and database."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.snapshots.settings",
        "FLYBALL_HOME": str(folder),
        "FLYBALL_DATABASE_URL": url,
    }
    import django

    django.setup()
