"""Secrets are made at a first start, in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from flyball.config import make_home


def secret_file(path: Path, make: str | None = None) -> str:
    """The secret in a file; where there is none yet, ``make`` (or 512 random bits) is written with mode 0600.

    Two processes that start at once agree: the file appears whole, and only one of them creates it.
    """
    make_home(path.parent)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make or secrets.token_urlsafe(64))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
