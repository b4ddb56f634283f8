"""The first owner's key: made at a first start, in a file that only its owner can read."""

from __future__ import annotations

import os
from pathlib import Path

from flyball.config import Config
from flyball.domain.errors import Unauthenticated

TEAM = "default"


def owner_key(config: Config) -> str:
    """The key in ``owner.key``; a new one, where there is none yet or the database does not know it."""
    from flyball.control.accounts import services

    path = key_file(config)
    if path.exists() and _known(text := path.read_text().strip()):
        return text
    _, text = services.issue_key(team=services.ensure_team(TEAM), role="owner", label="first start")
    _write(path, text)
    return text


def key_file(config: Config) -> Path:
    """Where the key is kept."""
    return config.home / "owner.key"


def _known(text: str) -> bool:
    from flyball.control.accounts import selectors

    try:
        selectors.principal(text)
    except Unauthenticated:
        return False
    return True


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # so that the mode is ours, not an older file's
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
