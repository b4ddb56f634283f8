"""Ids of predictions, as the data plane makes them, also of another moment than now."""

from __future__ import annotations

from uuid import UUID

from uuid_utils import compat


def uuid7(milliseconds: int | None = None) -> UUID:
    """A time-ordered id of a moment (Unix milliseconds; now, where left out)."""
    made = compat.uuid7()
    if milliseconds is None:
        return made
    return UUID(int=milliseconds << 80 | made.int & (1 << 80) - 1)
