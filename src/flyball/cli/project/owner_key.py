"""The first owner's key: made at a first start, in a file that only its owner can read."""

from __future__ import annotations

import os
from pathlib import Path

from flyball.config import Config, make_home
from flyball.domain.errors import Unauthenticated

TEAM = "default"
"""The team of the first owner."""


def new_owner_key(config: Config) -> str | None:
    """A new key in ``owner.key``; ``None`` where the one that is there is known to the database."""
    from flyball.control.accounts import services

    path = key_file(config)
    if path.exists() and _known(path.read_text().strip()):
        return None
    _, text = services.issue_key(team=services.ensure_team(slug=TEAM), role="owner", label="first start")
    _write(path, text)
    return text


def key_file(config: Config) -> Path:
    """Where the key is kept."""
    return config.home / "owner.key"


def _known(text: str) -> bool:
    from flyball.control.accounts import selectors

    try:
        selectors.key_of(text)
    except Unauthenticated:
        return False
    return True


def _write(path: Path, text: str) -> None:
    make_home(path.parent)
    path.unlink(missing_ok=True)  # so that the mode is ours, not an older file's
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
