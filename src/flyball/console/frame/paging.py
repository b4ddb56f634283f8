"""Pages of a list by keyset: each begins after the last row of the one before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest

from flyball.domain.errors import NotFound

SHOWN = 50
"""Rows of a page."""
LONGEST = 18
"""Digits of a number in an address: no row has more."""


class Some(NamedTuple):
    """The rows of a page, whether it is the first, where the first one is, and the next, if there is one."""

    rows: list[Any]
    is_first: bool
    first: str
    older: str | None


def is_number(text: str) -> bool:
    """Whether a text is the number of a row: some digits that every database takes."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST


def whole(text: str | None) -> int | None:
    """The number in an address; ``None`` where there is none. Raises ``NotFound`` for anything else."""
    if text is None:
        return None
    if not is_number(text):
        raise NotFound("There is no such page.")
    return int(text)


def some(
    request: HttpRequest,
    every: QuerySet[Any],
    field: str,
    *,
    oldest_first: bool = False,
    read: Callable[[str | None], Any] = whole,
) -> Some:
    """The page of a list that ``?before=…`` asks for, by a field that is an index. Raises ``NotFound``.

    ``read`` makes of the text what the field holds.
    """
    before = read(request.GET.get("before"))
    if before is not None:
        every = every.filter(**{f"{field}__gt" if oldest_first else f"{field}__lt": before})
    found = list(every.order_by(field if oldest_first else f"-{field}")[: SHOWN + 1])
    kept = request.GET.copy()
    kept.pop("before", None)
    first = f"{request.path}?{kept.urlencode()}" if kept else request.path
    older = None
    if len(found) > SHOWN:
        kept["before"] = getattr(found[SHOWN - 1], field)
        older = f"{request.path}?{kept.urlencode()}"
    return Some(found[:SHOWN], before is None, first, older)
