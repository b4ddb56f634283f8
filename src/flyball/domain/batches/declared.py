"""The word for it, and how the names of its files tell the moment that they are of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flyball.domain.forgiving import Wrong, forgiving

MARKS = {"{date}": "%Y-%m-%d", "{time}": "%H%M%z"}
"""What stands in a name for the moment of the batch, and how that is spelt: of an hour that comes twice, the
offset tells which."""


@forgiving
class Batch:
    """Rows that are answered as a whole, by a command or on a schedule.

    ``rows`` are ``Rows`` of their own: of a Django model, a query or a file. They need the features that
    come with the call, and the columns that name entities; with a ``time``, features are as they were then.
    ``out`` is the file of the answers, relative to the project or in a bucket (``s3://…``): ``{date}`` in it
    is the day of the batch's moment (``2026-11-30``), ``{time}`` its hour and minute (``0200+0100``).
    ``keep`` are the columns that go along: of a file all, else the key alone, where it is left out.
    ``reference`` is the column of the ids by which outcomes come back to answers that are recorded
    (``record=True``). More than ``max_rejects`` rows that do not fit fail the job.
    """

    wrong: tuple[Wrong, ...]

    def __init__(
        self,
        name: str,
        *,
        rows: Any,
        out: str,
        keep: Sequence[str] | None = None,
        reference: str = "",
        record: bool = False,
        max_rejects: int | None = None,
    ) -> None:
        self.name = name
        self.rows = rows
        self.out = out
        self.keep = None if keep is None else tuple(keep)
        self.reference = reference
        self.record = record
        self.max_rejects = max_rejects

    def out_at(self, moment: datetime) -> str:
        """The name of its answers' file, of a batch of that moment, in the moment's own zone."""
        found = self.out
        for mark, form in MARKS.items():
            found = found.replace(mark, moment.strftime(form))
        return found


def unknown_marks(text: str) -> list[str]:
    """What stands in braces in a name and means nothing there."""
    return [found for found in re.findall(r"\{[^}]*\}?|\}", text) if found not in MARKS]
