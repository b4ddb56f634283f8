"""How a batch is wanted: what goes along, what is recorded, and how many rows may not fit."""

from __future__ import annotations

import msgspec

from flyball.domain.errors import InvalidInput, Problem
from flyball.typed import known

CHUNK = 65_536
"""Rows of a chunk, where nothing else is asked for."""
MOST_CHUNK = 1_000_000


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch is asked for with.

    ``rejects`` is the file in which rows that do not fit are told (beside the answers, where it is empty).
    ``reference`` names the column of the caller's own ids, ``keep`` the columns that go along (all, where it
    is left out). With ``record`` each answer is a prediction, so that outcomes can bind. More than
    ``max_rejects`` rows that do not fit fail the job. ``as_of`` names the column of the moment from which a
    row is seen: features are as they were then (as of now, where it is empty). ``moment`` is when a declared
    batch was due: nothing that came later counts; other batches have none. ``is_named``: a version was
    asked for by number. ``is_confined``: its files must lie in folders that are allowed, also when it is
    carried out.
    """

    rejects: str = ""
    reference: str = ""
    keep: tuple[str, ...] | None = None
    record: bool = False
    as_of: str = ""
    moment: str = ""
    max_rejects: int | None = None
    chunk_rows: int = CHUNK
    is_named: bool = False
    is_confined: bool = False

    def check(self) -> None:
        """Raises ``InvalidInput`` for numbers that are out of their bounds."""
        if not 1 <= self.chunk_rows <= MOST_CHUNK:
            raise wrong("/chunk_rows", f"Expected 1 to {MOST_CHUNK:,} rows.")
        if self.max_rejects is not None and self.max_rejects < 0:
            raise wrong("/max_rejects", "Expected 0 or more.")


def wrong(pointer: str, message: str) -> InvalidInput:
    """What is said of something that a batch cannot be asked for with."""
    return InvalidInput("The batch does not fit.", problems=[Problem(pointer, "wrong_value", message)])


known(Options)
