"""Folders that are open to who asks from afar: files elsewhere do not exist for them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from flyball.batches.options import wrong


def within(path: str, folders: Iterable[str], team: str, pointer: str, *, closed: Path | None = None) -> str:
    """Where a path leads, without links and ``..``; a slash at its end stays.

    ``folders`` are those of ``FLYBALL_BATCH_FOLDERS``. Raises ``InvalidInput``, in the same words whether
    something is there or not, for what lies in none of them. Hidden files are never open: the parts of
    other batches are among them; nor is what lies in ``closed``.
    """
    if path.startswith("/") and "\0" not in path:
        real = Path(os.path.realpath(path))
        for folder in () if closed is not None and real.is_relative_to(closed) else folders:
            base = Path(os.path.realpath(folder.replace("{team}", team)))
            inner = real.relative_to(base).parts if real.is_relative_to(base) else ()
            if inner and not any(part.startswith(".") for part in inner):
                return f"{real}{'/' if path.endswith('/') else ''}"
    raise wrong(pointer, "Expected a whole path in a folder that is allowed here (FLYBALL_BATCH_FOLDERS).")
