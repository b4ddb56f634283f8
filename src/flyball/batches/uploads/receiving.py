"""A file arrives: whole or not at all, within its bounds, and as long as the disk has room."""

from __future__ import annotations

import errno
import secrets
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flyball.batches.formats import format_of, refuse_unknown
from flyball.batches.models import Upload
from flyball.batches.options import wrong
from flyball.batches.places import remove, settle, whole
from flyball.batches.uploads import cleaning
from flyball.batches.uploads.folders import draft_of, folder_of, root
from flyball.config import make_home
from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.configured import configured
from flyball.control.declarations.models import Endpoint
from flyball.control.routing import selectors as routing
from flyball.domain.errors import BodyTooLarge, Conflict, MalformedBody, NoRoom, NotReady
from flyball.domain.values import storable

MOST_WAITING = 50
"""Files of one endpoint that may be here without answers."""
RESERVE = 256 * 1024 * 1024
"""Bytes of the disk that stay free: predictions are committed there too."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def receive(
    *, endpoint: Endpoint, name: str, parts: Iterable[bytes], announced: int | None = None, user: Any = None
) -> Upload:
    """Keep a file that arrives in ``parts``, of which so many bytes were ``announced``.

    Nothing of it stays where it does not come to its end. Raises ``InvalidInput`` for a name that tells no
    format, and for an empty file; ``Retired`` and ``NotReady``, as its batch would; ``BodyTooLarge``;
    ``Conflict`` where too many wait for answers; ``NoRoom``; ``MalformedBody`` where other bytes come than
    were announced; and what ``parts`` raises.
    """
    _refuse_name(name)
    _refuse_unready(endpoint)
    most = configured().batch_upload_bytes
    if announced is not None and announced > most:
        raise _too_large(most)
    cleaning.clean()
    _refuse_crowd(endpoint)
    place, key = _made_root(), secrets.token_hex(16)
    _refuse_full(place, announced or 0)
    with ExitStack() as unless_whole:
        unless_whole.callback(remove, draft_of(key))
        try:
            size = _written(key, f"rows{_ending(name)}", parts, most)
        except OSError as error:
            if error.errno in FULL:
                raise NoRoom from None
            raise
        _refuse_other_size(size, announced)
        unless_whole.callback(remove, folder_of(key))
        draft_of(key).rename(folder_of(key))
        settle(place)
        made = Upload.objects.create(
            endpoint=endpoint, key=key, name=storable(name), bytes=size, uploaded_by=user
        )
        unless_whole.pop_all()
    return made


def _refuse_unready(endpoint: Endpoint) -> None:
    """Gigabytes are not sent for nothing. Raises ``Retired`` and ``NotReady``."""
    if routing.route(endpoints.endpoint(endpoint.name).name) is None:
        raise NotReady(f"{endpoint.name} has no champion yet; promote a version first.")


def _refuse_crowd(endpoint: Endpoint) -> None:
    kept = Upload.objects.filter(endpoint=endpoint)
    if kept.exclude(pk__in=kept.exclude(batches__done_at=None).values("pk")).count() >= MOST_WAITING:
        raise Conflict(f"{MOST_WAITING} uploads of this endpoint have no answers yet: delete some of them.")


def _refuse_name(name: str) -> None:
    refuse_unknown(name, "/name")
    if len(storable(name)) > 255:
        raise wrong("/name", "Expected a name of at most 255 characters.")


def _ending(name: str) -> str:
    known = format_of(name)
    assert known is not None  # noqa: S101 - it was refused
    return known.ending


def _made_root() -> Path:
    """The folder of all uploads, closed to other users. Raises ``NoRoom``."""
    place, home = root(), configured().home
    try:
        if place.is_relative_to(home.resolve()):
            make_home(home)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in FULL:
            raise NoRoom from None
        raise
    return place


def _written(key: str, name: str, parts: Iterable[bytes], most: int) -> int:
    """Write it where nobody looks yet; how many bytes it has."""
    folder, size = draft_of(key), 0
    folder.mkdir(mode=0o700)
    with whole(folder / name, "draft") as file:
        for part in parts:
            size += len(part)
            if size > most:
                raise _too_large(most)
            _refuse_full(folder, len(part))
            file.write(part)
    settle(folder)
    return size


def _refuse_other_size(size: int, announced: int | None) -> None:
    if announced is not None and size != announced:
        raise MalformedBody("The body is incomplete.")
    if not size:
        raise wrong("", "The file is empty.")


def _refuse_full(place: Path, more: int) -> None:
    if shutil.disk_usage(place).free - more < RESERVE:
        raise NoRoom


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"A file that is uploaded has at most {most:,} bytes (FLYBALL_BATCH_UPLOAD_BYTES).")
