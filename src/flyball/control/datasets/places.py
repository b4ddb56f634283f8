"""Where the project and its snapshots are on disk."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from flyball.config import make_home
from flyball.control.declarations.configured import configured


def base() -> Path:
    """The project's directory: relative paths in declarations start here."""
    return Path(getattr(settings, "BASE_DIR", Path.cwd()))


def home() -> Path:
    """Flyball's home: of ``settings.FLYBALL`` where the project has one, else of the environment."""
    return configured().home


def snapshots() -> Path:
    """The directory of snapshot files; made with mode 0700 where it is missing."""
    folder = make_home(home()) / "snapshots"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
