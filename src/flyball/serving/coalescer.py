"""Concurrent requests for one version share one call of its model; what follows needs no other thread."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from flyball.domain.errors import ModelFailed, Overloaded
from flyball.domain.promises import chain, settle
from flyball.domain.records import Prediction, now
from flyball.domain.values import Scalar
from flyball.inference.runtime import Runtime
from flyball.serving.assigning import Split
from flyball.serving.preparing.prepared import Prepared
from flyball.serving.recording.recorder import UNTAKEN, Entry, Recorder, wake
from flyball.stores.records import Submission

ROWS = 256
"""Rows of one call, unless one request alone has more: whoever comes later waits for all of them."""

Rows = Sequence[Mapping[str, Scalar]]
Outputs = list[dict[str, Any]]
_Gathered = tuple[Prepared, "asyncio.Future[list[Prediction]]"]
W = TypeVar("W")
B = TypeVar("B")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The rows of one request, what answers them, and the future of their outputs."""

    runtime: Runtime
    rows: Rows
    outputs: Future[Outputs] = field(default_factory=Future)


class Coalescer:
    """Runs models in a few threads; a version answers in one of them at a time.

    scikit-learn takes milliseconds a call, whether for one row or for a hundred: what comes while a call runs
    goes into the next one. A request whose rows make the model fail fails alone.
    """

    def __init__(self, name: str = "flyball-model") -> None:
        self._workers = ThreadPoolExecutor(min(4, os.cpu_count() or 1), name)
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, deque[_Waiting]] = {}
        self._closed = False

    def submit(self, runtime: Runtime, rows: Rows) -> Future[Outputs]:
        """The outputs of these rows, in order, or ``ModelFailed``. Raises ``Overloaded`` once closed.

        Versions that answer one call together are each asked for their own rows, with those of other calls;
        quick ones one after the other, by one thread.
        """
        if isinstance(runtime, Split) and not runtime.direct:
            return self._submit_split(runtime, rows)
        request, key = _Waiting(runtime, rows), _key_of(runtime)
        with self._lock:
            if self._closed:
                raise Overloaded
            known = self._waiting.get(key)
            if known is not None:
                known.append(request)  # a thread is at this version already and finds it
                return request.outputs
            self._waiting[key] = deque([request])
            self._workers.submit(self._run, key)
        return request.outputs

    def give_up(self, runtime: Runtime, outputs: Future[Outputs]) -> bool:
        """Wait for outputs no longer; rows that the model has not been asked yet are never asked.

        Says whether it was so: outputs that are there already stay.
        """
        with self._lock:
            waiting = self._waiting.get(_key_of(runtime), deque())
            for place, each in enumerate(waiting):
                if each.outputs is outputs:
                    del waiting[place]
                    break
        return outputs.cancel()

    def _submit_split(self, split: Split, rows: Rows) -> Future[Outputs]:
        whole: Future[Outputs] = Future()
        parts = [self.submit(part, [rows[place] for place in places]) for part, places in split.parts]
        under_way, counting = [len(parts)], threading.Lock()

        def land(_: Future[Outputs]) -> None:
            with counting:
                under_way[0] -= 1
                is_last = not under_way[0]
            if is_last:
                settle(whole, _joined(split, parts))

        for part in parts:
            part.add_done_callback(land)
        return whole

    def submit_chained(
        self,
        runtime: Runtime,
        rows: Rows,
        convert: Callable[[Outputs], B],
        follow: Callable[[B], Future[C]],
    ) -> Future[C]:
        """The future of ``follow(convert(outputs))``, by ``chain``. Raises ``Overloaded`` once closed."""
        return chain(self.submit(runtime, rows), convert, follow)

    def close(self) -> None:
        """Answer what waits, then end the threads."""
        with self._lock:
            self._closed = True
        self._workers.shutdown()

    def _run(self, key: Hashable) -> None:
        while group := self._next(key):
            results = shared([(each.runtime, each.rows) for each in group])
            for request, result in zip(group, results, strict=True):
                settle(request.outputs, result)

    def _next(self, key: Hashable) -> list[_Waiting]:
        with self._lock:
            group = _first(self._waiting[key], lambda each: len(each.rows))
            if not group:
                del self._waiting[key]
            return group


def _key_of(runtime: Runtime) -> Hashable:
    """The same of runtimes that may answer their rows together (``_together``)."""
    if isinstance(runtime, Split):
        return frozenset(id(part) for part, _ in runtime.parts)
    return id(runtime)


def _together(runtimes: Sequence[Runtime]) -> Runtime:
    """What answers the rows of several calls as one, of runtimes of one key.

    It does not say whose row it was that failed: each call is asked by itself then.
    """
    first, splits = runtimes[0], [each for each in runtimes if isinstance(each, Split)]
    if len(splits) < 2:
        return first
    return Split([part for split in splits for part in split.runtimes], lambda _: (0, None))


def _joined(split: Split, parts: Sequence[Future[Outputs]]) -> Outputs | Exception:
    """The outputs of a call's rows, or the error of the first part that has one."""
    for part, (_, places) in zip(parts, split.parts, strict=True):
        error = part.exception()
        if isinstance(error, ModelFailed):
            split.blame(error, places)
        if isinstance(error, Exception):
            return error
    try:
        return split.joined([part.result() for part in parts])
    except ValueError:
        return ModelFailed()


def _first(waiting: deque[W], rows: Callable[[W], int]) -> list[W]:
    """Take the first requests that may have ``ROWS`` together; the first of them may have more alone."""
    group: list[W] = []
    size = 0
    while waiting and (not group or size + rows(waiting[0]) <= ROWS):
        group.append(waiting.popleft())
        size += rows(group[-1])
    return group


def shared(requests: Sequence[tuple[Runtime, Rows]]) -> list[Outputs | Exception]:
    """The outputs of each request, of runtimes of one key, from one call of the model; or its error.

    A request whose rows make the model fail fails alone: then each is asked by itself.
    """
    try:
        model = _together([runtime for runtime, _ in requests])
        outputs = model.predict([row for _, rows in requests for row in rows])
    except Exception as error:  # noqa: BLE001 - whatever it was, somebody waits for every answer
        return [error] if len(requests) == 1 else [shared([each])[0] for each in requests]
    own: list[Outputs | Exception] = []
    start = 0
    for _, rows in requests:
        own.append(outputs[start : start + len(rows)])
        start += len(rows)
    return own


class Gatherer:
    """One call of the model and one entry into the recorder for all that an event loop took in meanwhile.

    A call of a compiled model, and a commit, cost more than a row of them: so what comes while a group is
    being committed is the next one, and nothing else is begun until then. May be shared by event loops.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line] = WeakKeyDictionary()

    def recorded(self, prepared: Prepared) -> asyncio.Future[list[Prediction]]:
        """The predictions once they are committed, or ``ModelFailed``, or ``Overloaded``."""
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None:
            line = self._lines[loop] = _Line()
        done: asyncio.Future[list[Prediction]] = loop.create_future()
        line.waiting.append((prepared, done))
        self._go_on(loop, line)
        return done

    def _go_on(self, loop: asyncio.AbstractEventLoop, line: _Line) -> None:
        if line.waiting and not line.is_busy:
            line.is_busy = True
            loop.call_soon(self._answer, loop, line)  # after all that is ready to run now

    def _answer(self, loop: asyncio.AbstractEventLoop, line: _Line) -> None:
        line.turned_away = self._recorder.turned_away
        groups: dict[Hashable, list[_Gathered]] = {}
        for each in _first(line.waiting, lambda one: len(one[0].inputs)):
            groups.setdefault(_key_of(each[0].runtime), []).append(each)
        entries = [entry for group in groups.values() for entry in _computed(loop, group)]
        try:
            self._recorder.put(entries)
        except Exception as error:  # noqa: BLE001 - whatever it was, somebody waits for every answer
            wake([(entry.done, error) for entry in entries])
        if entries:
            entries[-1].done.add_done_callback(lambda _: self._landed(loop, line))
        else:
            self._landed(loop, line)

    def _landed(self, loop: asyncio.AbstractEventLoop, line: _Line) -> None:
        line.is_busy = False
        if self._recorder.turned_away != line.turned_away:  # as in the recorder, nobody begins to wait anew
            wake([(done, Overloaded(UNTAKEN)) for _, done in line.waiting])
            line.waiting.clear()
        self._go_on(loop, line)


class _Line:
    """Who waits on one event loop, and whether a group of them is being computed or committed.

    ``turned_away`` is the recorder's, when that group began.
    """

    def __init__(self) -> None:
        self.waiting: deque[_Gathered] = deque()
        self.is_busy = False
        self.turned_away = 0


def _computed(loop: asyncio.AbstractEventLoop, group: Sequence[_Gathered]) -> list[Entry]:
    """What is to be recorded of calls to one version, or to the same ones; those that failed are told so."""
    entries = []
    results = shared([(each.runtime, each.inputs) for each, _ in group])
    moment = now()
    for (prepared, done), outputs in zip(group, results, strict=True):
        result = _submission(prepared, outputs, moment)
        if isinstance(result, Exception):
            wake([(done, result)])
        else:
            entries.append(Entry(result, done, loop))
    return entries


def _submission(prepared: Prepared, outputs: Outputs | Exception, moment: datetime) -> Submission | Exception:
    if isinstance(outputs, Exception):
        return outputs
    try:
        return prepared.submission(outputs, moment)
    except Exception as error:  # noqa: BLE001 - nobody else's answer depends on it
        return error
