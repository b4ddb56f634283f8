"""What a process has answered and refused, counted until it is written."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

from flyball.domain.records import Prediction, now
from flyball.stores.minutes import Count, minute_of

BOUNDS = (100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000)
"""Upper bounds of the buckets of latencies (microseconds); the last bucket has none."""
LABELS = (*map(str, BOUNDS), "inf")
FAILED = frozenset({"model_failed", "too_late", "internal"})
"""Codes of errors that are no refusals: the request was not to blame."""

_Kind = tuple[int, str, int, str | None, str | None, int]


class Meter:
    """Counts by minute. ``take`` gives all and begins anew. Safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: Counter[_Kind] = Counter()
        self._microseconds: Counter[Count] = Counter()
        self._others: Counter[Count] = Counter()
        self._used: dict[tuple[str, int], float] = {}
        self._taken_at = time.monotonic()

    @property
    def used(self) -> dict[tuple[str, int], float]:
        """When each version answered last, by endpoint and number (monotonic), up to a second too early.

        Never too late: what has been loaded since would look older than it, and be let go again.
        """
        with self._lock:
            return self._used.copy()

    def answered(self, predictions: Iterable[Prediction]) -> None:
        """Count predictions that have been committed."""
        with self._lock:
            for each in predictions:
                latency = each.latency or 0
                minute = minute_of(each.created_at)
                place = bisect_left(BOUNDS, latency)
                kind = (minute, each.endpoint, each.version, each.arm, each.decision, place)
                self._answered[kind] += 1
                self._microseconds[Count(*kind[:3], each.arm or "", "latency_sum")] += latency

    def refused(self, endpoint: str, code: str, version: int = 0, arm: str | None = None) -> None:
        """Count a call that was answered with an error: of one version and arm, where they are known."""
        name = "failed" if code in FAILED else "refused"
        with self._lock:
            self._others[Count(minute_of(now()), endpoint, version, arm or "", name, code)] += 1

    def fell_back(self, endpoint: str, version: int, arm: str | None, code: str, rows: int) -> None:
        """Count rows that a version failed, or was too late for, and that the fallback answers."""
        with self._lock:
            self._others[Count(minute_of(now()), endpoint, version, arm or "", "fell_back", code)] += rows

    def take(self) -> Mapping[Count, int]:
        """All that was counted since the last time."""
        with self._lock:
            counts, answered = self._others + self._microseconds, self._answered
            self._answered, self._microseconds, self._others = Counter(), Counter(), Counter()
            self._used.update(dict.fromkeys(((kind[1], kind[2]) for kind in answered), self._taken_at))
            self._taken_at = time.monotonic()
        for (minute, endpoint, version, arm, decision, place), count in answered.items():
            of = (minute, endpoint, version, arm or "")
            counts[Count(*of, "answers")] += count
            counts[Count(*of, "latency", LABELS[place])] += count
            if decision is not None:
                counts[Count(*of, "decisions", decision)] += count
        return counts

    def put_back(self, counts: Mapping[Count, int]) -> None:
        """What was taken and could not be written."""
        with self._lock:
            self._others.update(counts)
