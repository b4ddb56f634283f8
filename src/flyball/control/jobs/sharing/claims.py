"""Claims: of all who work at something, each part is one's alone, until it is kept or that one is dead."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from flyball.domain.records import now


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimant:
    """Who carries the work out, or helps.

    ``fence`` is called in each transaction that begins a part of it, ``got_on`` in each that keeps one; both
    raise where the work is somebody else's by now. ``log`` takes lines for people. Who ``takes_over`` does
    the parts of those that are dead: so one that kills its process each time fails the work, instead of one
    helper after the other.
    """

    name: str
    fence: Callable[[], None] = lambda: None
    got_on: Callable[[], None] = lambda: None
    log: Callable[[str], None] = lambda line: None
    takes_over: bool = True

    def may_take(self, claimant: str, living: Collection[str]) -> bool:
        """Whether a part is to be had that this one has begun; ``living`` are those who have jobs."""
        return self.takes_over and claimant not in living


def take(row: Any, claimant: Claimant, **values: Any) -> bool:
    """Claim a part that another one has left, or nobody has, unless it changed hands since it was read.

    ``row`` has a ``claimant``, ``begun_at`` and ``done_at``.
    """
    as_read = _rows(row).filter(claimant=row.claimant, done_at=None)
    return bool(as_read.update(claimant=claimant.name, begun_at=now(), **values))


def keep(row: Any, claimant: Claimant, **values: Any) -> bool:
    """Have a part done that was claimed; ``False`` where another one has taken it meanwhile."""
    own = _rows(row).filter(claimant=claimant.name, done_at=None)
    return bool(own.update(done_at=now(), **values))


def _rows(row: Model) -> QuerySet[Any]:
    return type(row)._default_manager.filter(pk=row.pk)
