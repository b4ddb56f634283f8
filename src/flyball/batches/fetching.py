"""What a batch has written, for who asks from afar."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import IO

from flyball.batches.models import Batch
from flyball.batches.uploads.folders import is_confined
from flyball.domain.errors import NotFound


def opened_answers(batch: Batch) -> IO[bytes]:
    """The file of the answers of a batch that has ended well. Raises ``NotFound``."""
    return _opened(batch, batch.out)


def opened_rejects(batch: Batch) -> IO[bytes]:
    """The file that says which rows are not answered, and why. Raises ``NotFound``."""
    return _opened(batch, batch.wanted.rejects)


def _opened(batch: Batch, path: str) -> IO[bytes]:
    if not batch.wanted.is_confined:  # the command's files are nobody's who asks from afar
        raise NotFound("Only files of batches that were asked for over this API are here.")
    if batch.done_at is None:
        raise NotFound("The batch has not ended well, or not yet.")
    if is_confined(batch, path):
        with suppress(OSError):
            return _plain(path)
    raise NotFound("There is no such file on this server; of a folder, no single one is given.")


def _plain(path: str) -> IO[bytes]:
    """A plain file: what is a link by now is not followed, and a pipe not waited for. Raises ``OSError``."""
    file = open(path, "rb", opener=_unfollowed)  # noqa: SIM115 - it is the answer's, and has a name
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError
    return file


def _unfollowed(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
