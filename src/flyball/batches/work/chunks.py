"""The chunks of a batch as one of its workers sees them: claimed, answered and kept, one after the other."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from flyball.batches.models import Batch, BatchChunk
from flyball.batches.work.doing import Doing
from flyball.control.declarations.configured import configured
from flyball.control.jobs import selectors as jobs
from flyball.control.jobs.sharing import claims
from flyball.control.jobs.sharing.claims import Claimant
from flyball.domain.records import now

SLOW = 3.0
"""A chunk that takes so many times as long as any here is not waited for."""


class Chunks:
    """Rows are read on from where the last chunk ended, where that can be had."""

    def __init__(self, batch: Batch, doing: Doing, claimant: Claimant) -> None:
        self._left = BatchChunk.objects.filter(batch=batch, done_at=None)
        self._doing = doing
        self._claimant = claimant
        self._next = 0
        self._longest = 0.0

    def left(self) -> int:
        """How many are not done."""
        return self._left.count()

    def waiting(self) -> int:
        """How many nobody has begun."""
        return self._unclaimed().count()

    def step(self) -> BatchChunk | None:
        """Claim one, answer and keep it; ``None`` where none can be had.

        One that took so long that another one has it by now is that one's. Raises what the claimant's
        ``fence`` and ``got_on`` raise, and what answering raises.
        """
        chunk = self._claimed()
        if chunk is None:
            return None
        began = time.monotonic()
        done = self._doing.do(chunk)
        self._longest = max(self._longest, time.monotonic() - began)
        with transaction.atomic():
            self._claimant.got_on()
            claims.keep(chunk, self._claimant, rejected=done.rejected)
        return chunk

    def _claimed(self) -> BatchChunk | None:
        while (chunk := self._open()) is not None:
            with transaction.atomic():
                self._claimant.fence()
                is_own = claims.take(chunk, self._claimant)
            if is_own:
                chunk.claimant, self._next = self._claimant.name, chunk.number + 1
                return chunk
        return None

    def _open(self) -> BatchChunk | None:
        unclaimed = self._unclaimed()
        following = unclaimed.filter(number=self._next)
        if self._claimant.takes_over:
            return self._of_the_dead() or following.first() or unclaimed.first() or self._standing_still()
        return following.first() or unclaimed.filter(number=self._far_away()).first()

    def _far_away(self) -> int:
        return _middle(list(self._unclaimed().values_list("number", flat=True)))

    def _of_the_dead(self) -> BatchChunk | None:
        begun, living = list(self._begun()), jobs.holders()
        return next((each for each in begun if self._claimant.may_take(each.claimant, living)), None)

    def _standing_still(self) -> BatchChunk | None:
        seconds = max(configured().job_lease_seconds, SLOW * self._longest)
        return self._begun().filter(begun_at__lt=now() - timedelta(seconds=seconds)).first()

    def _begun(self) -> QuerySet[BatchChunk]:
        return self._left.exclude(claimant="").order_by("number")

    def _unclaimed(self) -> QuerySet[BatchChunk]:
        return self._left.filter(claimant="").order_by("number")


def _middle(numbers: list[int]) -> int:
    """The number in the middle of the longest run of these: farthest from where others read on."""
    best = run = 0
    middle = -1
    for place, number in enumerate(numbers):
        run = run + 1 if place and number == numbers[place - 1] + 1 else 1
        if run > best:
            best, middle = run, number - (run - 1) // 2
    return middle
