"""The one writer of a process: everything that gathers while a commit runs goes into the next one."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import msgspec

from flyball.domain.errors import FlyballError, Overloaded
from flyball.domain.promises import settle
from flyball.domain.records import Prediction
from flyball.serving.recording.meter import Meter
from flyball.stores import minutes, records
from flyball.stores.database import Database
from flyball.stores.minutes import Count
from flyball.stores.records import Submission

logger = logging.getLogger(__name__)

BATCH = 500
"""Predictions in one commit: on SQLite others wait for the write lock meanwhile."""
MINUTES_SECONDS = 1.0
"""How often counts are written, at most."""
STALLED_SECONDS = 2
"""A commit that takes longer is waiting for somebody: nobody else is made to wait behind it."""
TRIAL_SECONDS = 0.5
"""How long one waits for a lock who tries whether the database takes anything again."""
UNTAKEN = "The database did not take it; try again shortly."

T = TypeVar("T")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """Predictions to store, with the promise that the caller waits for, and the event loop it waits on."""

    submission: Submission
    done: Any  # a Future, or on an event loop an asyncio.Future
    loop: asyncio.AbstractEventLoop | None = None


@dataclass(frozen=True, slots=True)
class _Work:
    """Anything else to write, between two groups of predictions; it opens its own transactions."""

    run: Callable[[Any], Any]
    done: Future[Any] = field(default_factory=Future)


class Recorder:
    """Commits in groups, in a thread of its own, on a connection of its own.

    ``limit`` bounds the predictions that wait; beyond it, and while a commit stands still, new ones are
    refused with ``Overloaded``. A future is done only after the commit: what it says is in the database.
    ``waiting`` counts predictions and other writes that are not committed yet; ``meter`` what was answered
    and refused, which is written with a commit, once a second; after ``stalled_at`` (``time.monotonic``) the
    commit that is under way stands still. After one that stood still and failed, one request at a time tries,
    for a moment, whether the next does too; the others are told at once meanwhile.
    ``turned_away`` is how often all that waited was refused, because the database stayed locked.
    """

    def __init__(self, database: Database, limit: int) -> None:
        self.database = database
        self.limit = limit
        self.commits = 0
        self.turned_away = 0
        self.meter = Meter()
        self._unwritten: Mapping[Count, int] = {}
        self._counted_at = 0.0
        self.durability = "unknown"
        self._connection: Any = None
        self._is_trial = False
        self._queue: deque[Entry | _Work] = deque()
        self.waiting = 0
        self.stalled_at = math.inf
        self._said: set[str] = set()
        self._stopping = False
        self._is_idle = False
        self._changed = threading.Condition(threading.Lock())
        self._thread = threading.Thread(target=self._run, name="flyball-recorder", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, then end the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def submit(self, submission: Submission) -> Future[list[Prediction]]:
        """Store predictions. Raises ``Overloaded`` at once where too much waits."""
        done: Future[list[Prediction]] = Future()
        self._put(Entry(submission, done))
        return done

    def put(self, entries: Sequence[Entry]) -> None:
        """Store what event loops wait for; those on one are woken together. Raises ``Overloaded``."""
        if entries:
            self._put(*entries)

    def run(self, work: Callable[[Any], T]) -> Future[T]:
        """Do ``work`` with the writing connection. Raises ``Overloaded`` at once where too much waits."""
        task = _Work(work)
        self._put(task)
        return task.done

    def _put(self, *items: Entry | _Work) -> None:
        with self._changed:
            stands_still = self.waiting > 0 and time.monotonic() > self.stalled_at
            if stands_still or self.waiting >= self.limit or self._stopping:
                raise Overloaded
            self.waiting += sum(map(_weight, items))
            self._queue.extend(items)
            if self._is_idle:
                self._is_idle = False
                self._changed.notify()

    def _run(self) -> None:
        with suppress(self.database.driver.Error):
            self._connected()  # so that the status can tell how durable it is before anything is written
        while (group := self._next()) is not None:
            if not group:
                self._count()
                continue
            self.stalled_at = min(self.stalled_at, time.monotonic() + STALLED_SECONDS)
            if isinstance(group[0], _Work):
                self._work(group[0])
            else:
                self._record([each for each in group if isinstance(each, Entry)])
        self._count()
        self._disconnect()

    def _next(self) -> list[Entry | _Work] | None:
        """What is to be done next: nothing after a second without any, ``None`` at the end."""
        with self._changed:
            if not self._queue:
                if self._stopping:
                    return None
                self._is_idle = True
                self._changed.wait(MINUTES_SECONDS)
                self._is_idle = False
            group: list[Entry | _Work] = []
            size = 0
            while self._queue and size < BATCH and not (group and isinstance(self._queue[0], _Work)):
                item = self._queue.popleft()
                group.append(item)
                size += len(item.submission.predictions) if isinstance(item, Entry) else BATCH
            return group

    def _record(self, entries: Sequence[Entry]) -> None:
        results: Sequence[records.Result]
        failed = False
        try:
            results = self._stored([each.submission for each in entries])
        except Exception as error:  # noqa: BLE001 - whatever it was, somebody waits for every answer
            results = [self._refusal(error)] * len(entries)
            self._turn_away(error)
            failed = True
        self._leave(sum(_weight(each) for each in entries), failed=failed)
        _settle_all(entries, results)
        for each, result in zip(entries, results, strict=True):
            if isinstance(result, list) and result[0].id == each.submission.predictions[0].id:  # no repeat
                self.meter.answered(result)

    def _work(self, task: _Work) -> None:
        result: Any
        failed = False
        try:
            result = task.run(self._connected())
            self._said.clear()
        except Exception as error:  # noqa: BLE001 - as above
            self._disconnect()
            result = self._refusal(error)
            self._turn_away(error)
            failed = result is not error  # else the database has answered
        self._leave(1, failed=failed)
        settle(task.done, result)

    def _leave(self, weight: int, *, failed: bool) -> None:
        if self._is_trial and not failed:
            self._disconnect()  # the next one waits for locks as usual
        with self._changed:
            self.waiting -= weight
            if not failed or time.monotonic() < self.stalled_at:
                self.stalled_at = math.inf

    def _turn_away(self, error: Exception) -> None:
        """Where the database was locked for too long, those that waited behind do not begin to wait anew."""
        if not self.database.is_locked(error):
            return
        with self._changed:
            self.turned_away += 1
            behind = list(self._queue)
            self._queue.clear()
            self.waiting -= sum(_weight(item) for item in behind)
        for item in behind:
            if isinstance(item, _Work):
                settle(item.done, Overloaded(UNTAKEN))
        entries = [item for item in behind if isinstance(item, Entry)]
        _settle_all(entries, [Overloaded(UNTAKEN)] * len(entries))

    def _stored(self, batch: Sequence[Submission]) -> Sequence[records.Result]:
        try:
            return self._commit(batch)
        except Exception as error:
            self._say("A commit failed: %s", error)
            self._disconnect()
            if self.database.is_locked(error):
                self._put_back()
                raise  # it was waited for already, and with the connection gone nothing is stored
            driver = self.database.driver
            transient = isinstance(error, driver.OperationalError | driver.InterfaceError)
        rest = self._not_stored(batch)
        if len(rest) == len(batch):
            self._put_back()
        self._unwritten = {}  # else they went with what is stored
        groups = [rest] if transient else [[each] for each in rest]
        results = {id(each): result for group in groups for each, result in self._again(group)}
        return [results.get(id(each), list(each.predictions)) for each in batch]

    def _not_stored(self, batch: Sequence[Submission]) -> list[Submission]:
        """A commit that failed may have happened: what is in the database then is not written again."""
        wanted = [each.id for submission in batch for each in submission.predictions]
        stored = records.many(self.database, self._connected(), wanted)
        return [each for each in batch if not all(one.id in stored for one in each.predictions)]

    def _again(self, group: Sequence[Submission]) -> list[tuple[Submission, records.Result]]:
        results: Sequence[records.Result] = []
        if group:
            try:
                results = self._commit(group)
            except Exception as error:  # noqa: BLE001 - one that cannot be stored does not stop the others
                results = [self._refusal(error)] * len(group)
        return list(zip(group, results, strict=True))

    def _commit(self, batch: Sequence[Submission]) -> list[records.Result]:
        connection = self._connected()
        if time.monotonic() > self._counted_at + MINUTES_SECONDS:
            self._take()
        with self.database.transaction(connection):
            results = records.write(self.database, connection, batch)
            minutes.add(self.database, connection, self._unwritten)
        self._unwritten = {}
        self.commits += 1
        self._said.clear()
        return results

    def _count(self) -> None:
        """Write what was counted, where no commit of predictions has taken it along."""
        if time.monotonic() > self.stalled_at:
            return  # a request tries first whether the database takes anything
        self._take()
        if not self._unwritten:
            return
        self.stalled_at = time.monotonic() + STALLED_SECONDS
        failed = False
        try:
            with self.database.transaction(self._connected()) as connection:
                minutes.add(self.database, connection, self._unwritten)
            self._unwritten = {}
        except Exception as error:  # noqa: BLE001 - whatever it was, everybody else needs this thread
            self._put_back()
            self._disconnect()
            self._turn_away(error)
            failed = True
        self._leave(0, failed=failed)

    def _take(self) -> None:
        self._put_back()
        self._unwritten, self._counted_at = self.meter.take(), time.monotonic()

    def _put_back(self) -> None:
        counts, self._unwritten = self._unwritten, {}
        self.meter.put_back(counts)

    def _refusal(self, error: Exception) -> FlyballError:
        if isinstance(error, FlyballError):
            return error
        self._say("Something was not stored: %s", error)
        return Overloaded(UNTAKEN)

    def _say(self, sentence: str, error: Exception) -> None:
        # Once until something is committed: with the database away every request would write its own lines.
        # Not the error's message: a driver's may hold values that a user sent.
        kind = type(error).__name__
        if sentence % kind not in self._said:
            self._said.add(sentence % kind)
            logger.error(sentence, kind)

    def _connected(self) -> Any:
        if self._connection is None:
            self._is_trial = time.monotonic() > self.stalled_at
            wait = TRIAL_SECONDS if self._is_trial else self.database.wait_seconds
            self._connection = replace(self.database, wait_seconds=wait).connect()
            self.database.leave_checkpoints(self._connection)
            self.durability = self.database.durability(self._connection)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(Exception):
                self._connection.close()
            self._connection = None


def _settle_all(entries: Sequence[Entry], results: Sequence[records.Result]) -> None:
    """Keep every promise; each event loop is woken once, for all that wait on it."""
    waiting: dict[asyncio.AbstractEventLoop, list[tuple[Any, records.Result]]] = {}
    for entry, result in zip(entries, results, strict=True):
        if entry.loop is None:
            settle(entry.done, result)
        else:
            waiting.setdefault(entry.loop, []).append((entry.done, result))
    for loop, pairs in waiting.items():
        with suppress(RuntimeError):  # it is closed: who asked has gone, and what was stored stays
            loop.call_soon_threadsafe(wake, pairs)


def wake(pairs: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    """Keep promises on their event loop: with an error, where a result is one."""
    for done, result in pairs:
        if done.done():
            continue  # cancelled: who asked has gone
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)


def _weight(item: Entry | _Work) -> int:
    return len(item.submission.predictions) if isinstance(item, Entry) else 1
