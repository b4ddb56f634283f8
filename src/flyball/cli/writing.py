"""Files that a command is to write: whether there is a place for them is known before the work begins."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

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


@contextmanager
def whole(path: Path) -> Iterator[TextIO]:
    """A text file that comes to its place when the block has ended; one that fails leaves what was there.

    What is no plain file, such as ``/dev/stdout`` or a pipe, is written to as it is: another file in its
    place would end it.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        with path.open("w", newline="", encoding="utf-8") as file:
            yield file
        return
    draft = path.with_name(f"{path.name}.part")
    try:
        with draft.open("w", newline="", encoding="utf-8") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
