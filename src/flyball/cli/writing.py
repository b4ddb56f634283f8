"""Files that a command is to write: whether there is a place for them is known before the work begins."""

from __future__ import annotations

import os
from pathlib import Path

from flyball.domain.errors import Unusable


def refuse_no_place(path: Path | None) -> None:
    """Raises ``Unusable`` where no file can be written at ``path``."""
    if path is None:
        return
    folder = path.absolute().parent
    if not folder.is_dir():
        raise Unusable(f"{path} cannot be written: there is no directory {folder}.")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise Unusable(f"{path} cannot be written: that is not permitted.")
