"""The end: parts become one file, or a folder of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from flyball.batches import buckets
from flyball.batches.formats import Format
from flyball.batches.places import whole
from flyball.batches.writing.footers import Joined
from flyball.batches.writing.parts import Part

BUFFER = 1024 * 1024
Report = Callable[[int], None]
"""Is told how many parts are written; raises where the batch is somebody else's by now."""


def joined(parts: Sequence[Part], by: str, format_: Format, out: str, rejects: str, report: Report) -> None:
    """Write answers and rejects where they belong, the order of their rows kept. Parts stay.

    ``by`` is whose drafts they are; those of attempts before are taken from who may still write them.
    """
    _rejects(parts, by, rejects, report)
    with _draft(out, parts, by) as file:
        answers = (part.answers(format_) for part in parts)
        (_append_parquet if format_.name == "parquet" else _append)(file, answers, report)
        report(len(parts))


def gathered(parts: Sequence[Part], by: str, format_: Format, out: str, rejects: str, report: Report) -> None:
    """A folder of the answers' parts. One that is there is of an attempt before: there was none at first."""
    if Path(out).exists():
        return
    draft = parts[0].folder / "answers"
    draft.mkdir(exist_ok=True)
    _rejects(parts, by, rejects, report)
    for part in parts:
        with suppress(FileNotFoundError):  # it was moved before a kill
            part.answers(format_).replace(draft / part.plain(format_))
    report(len(parts))
    draft.replace(out)


def _rejects(parts: Sequence[Part], by: str, rejects: str, report: Report) -> None:
    with _draft(rejects, parts, by) as file:
        _append(file, (part.rejects for part in parts), report)
        report(len(parts))


@contextmanager
def _draft(name: str, parts: Sequence[Part], by: str) -> Iterator[IO[bytes]]:
    """A file written whole; who is late with the same one finds its draft gone, but for those of buckets."""
    if buckets.is_remote(name):
        with buckets.writing(name) as file:
            yield file
        return
    own, path = parts[0].folder.name, Path(name)
    for each in path.parent.iterdir():
        if each.name.startswith(f"{path.name}.{own}.") and each.name.endswith(".part"):
            each.unlink(missing_ok=True)
    with whole(path, f"{own}.{by}") as file:
        yield file


def _append(file: IO[bytes], parts: Iterable[Path], report: Report) -> None:
    for number, part in enumerate(parts, start=1):
        with part.open("rb") as source:
            shutil.copyfileobj(source, file, BUFFER)
        report(number)


def _append_parquet(file: IO[bytes], parts: Iterable[Path], report: Report) -> None:
    whole = Joined(file)
    for number, part in enumerate(parts, start=1):
        whole.add(part)
        report(number)
    whole.end()
