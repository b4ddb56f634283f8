"""Files in buckets of S3-compatible storage: read as they were when they were opened, written whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flyball.batches.options import wrong
from flyball.domain import extras
from flyball.domain.errors import DataError

# Who may open it says the environment alone (AWS_ACCESS_KEY_ID and so on): no address holds a secret.
ADDRESS = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^\x00-\x1f?#]+")
EXPECTED = "s3://bucket/name, or a path; keys of buckets are in the environment"
BLOCK = 32 * 1024 * 1024
"""Bytes that are read or sent at once. An object has at most 10,000 such parts: 320 GB."""


def is_remote(path: str) -> bool:
    """Whether a file is somewhere else than in a folder."""
    return "://" in path


def is_odd(path: str) -> bool:
    """Whether a file is somewhere else, and in no bucket."""
    return is_remote(path) and (ADDRESS.fullmatch(path) is None or path.endswith("/"))


def refuse_odd(path: str, pointer: str) -> None:
    """Raises ``InvalidInput`` for what is somewhere else and no file of a bucket; never repeats it."""
    if is_odd(path):
        raise wrong(pointer, f"Expected {EXPECTED}.")


@contextmanager
def reading(path: str) -> Iterator[Any]:
    """An object's bytes, those that it had when it was opened. Raises ``DataError``, also for other ones."""
    with _told(path):
        with _found(path):
            file = _storage().open(path, "rb", block_size=BLOCK)
        with file:
            yield file


@contextmanager
def writing(path: str) -> Iterator[Any]:
    """An object that is there, whole, once the block has ended well. Raises ``DataError``."""
    with _told(path):
        file = _storage().open(path, "wb", block_size=BLOCK, autocommit=False)
        try:
            yield file
            file.close()
            file.commit()
        except BaseException:
            file.closed = True  # else it would be flushed when it is collected
            file.discard()
            raise


def refuse_closed(path: str) -> None:
    """Raises ``DataError`` where an object cannot be written: before its rows are answered, and not after."""
    with _told(path), _found(path):
        storage = _storage()
        bucket, key, _ = storage.split_path(path)
        begun = storage.call_s3("create_multipart_upload", Bucket=bucket, Key=key)
        storage.call_s3("abort_multipart_upload", Bucket=bucket, Key=key, UploadId=begun["UploadId"])


def _storage() -> Any:
    """The one of this process. What it has listed it asks for again: others write there too."""
    import s3fs

    return s3fs.S3FileSystem(use_listings_cache=False)


@contextmanager
def _told(path: str) -> Iterator[None]:
    """What cannot be done with an object, in words of ours: others may repeat what is secret."""
    extras.check("s3fs")
    from botocore.exceptions import BotoCoreError
    from s3fs.utils import FileExpired

    try:
        yield
    except FileExpired:
        raise DataError(f"{_name(path)} has changed since its first rows were read.") from None
    except BotoCoreError as error:
        why = type(error).__name__
        raise DataError(
            f"The storage of {_name(path)} cannot be asked ({why}): look at AWS_… here."
        ) from None


@contextmanager
def _found(path: str) -> Iterator[None]:
    """Whether an object is there, or may be; of files in folders these errors say something else."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"There is no {_name(path)} in its bucket, or no such bucket.") from None
    except PermissionError:
        raise DataError(f"The bucket of {_name(path)} is closed to whom AWS_ACCESS_KEY_ID names.") from None


def _name(path: str) -> str:
    return path.rpartition("/")[2]
