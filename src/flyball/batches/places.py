"""Where files are: in folders of this machine. Each is written whole or not at all."""

from __future__ import annotations

import gzip
import io
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from flyball.batches import buckets
from flyball.control.declarations.configured import configured
from flyball.domain.errors import DataError


def opened(path: str) -> Any:
    """A file's bytes. Raises ``DataError`` where it cannot be opened."""
    try:
        return Path(path).open("rb")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        raise DataError(f"{path.rpartition('/')[2]} cannot be read: {error.strerror}.") from None


@contextmanager
def content_of(path: str, *, is_packed: bool) -> Iterator[Any]:
    """The bytes of a file, or of an object in a bucket, unpacked where it is packed. Raises ``DataError``."""
    with ExitStack() as stack:
        if buckets.is_remote(path):
            file: Any = io.BufferedReader(stack.enter_context(buckets.reading(path)), 1 << 20)
        else:
            file = stack.enter_context(opened(path))
        yield stack.enter_context(gzip.GzipFile(fileobj=file)) if is_packed else file


def unchanged(path: str) -> str:
    """What differs once a file is another one. Raises ``DataError`` where there is none."""
    try:
        found = Path(path).stat()
    except OSError as error:
        raise DataError(f"{path.rpartition('/')[2]} cannot be read: {error.strerror}.") from None
    return f"{found.st_size} {found.st_mtime_ns}"


def work_folder(out: str, number: int) -> Path:
    """Where the parts of a batch wait: beside its answers, so that they only have to change their name.

    Those of answers in a bucket wait in the home.
    """
    path = Path(out.rstrip("/"))
    if buckets.is_remote(out):
        path = configured().home / "batches" / path.name
    return path.with_name(f".{path.name}.{number}")


def marked(folder: Path) -> str:
    """A mark in a folder by which it is known again: another machine may have another one of that name."""
    mark = f"mark-{secrets.token_hex(8)}"
    (folder / mark).touch()
    return mark


def is_marked(folder: Path, mark: str) -> bool:
    """Whether a folder is the one that was marked so."""
    return bool(mark) and (folder / mark).is_file()


@contextmanager
def whole(path: Path, by: str) -> Iterator[IO[bytes]]:
    """A file that comes to its place, on the disk, when the block has ended; ``by`` is whose draft it is."""
    draft = path.with_name(f"{path.name}.{by}.part")
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Have the names in a folder on the disk: after an outage a file may else be without its own."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(folder: Path) -> None:
    """Delete a folder with what is in it; what is not there is gone already."""
    shutil.rmtree(folder, ignore_errors=True)
