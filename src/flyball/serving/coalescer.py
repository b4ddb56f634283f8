"""Concurrent requests for one version share one call of its model."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from flyball.domain.errors import Overloaded
from flyball.domain.values import Scalar
from flyball.inference.runtime import Runtime

ROWS = 256
"""Rows of one call, unless one request alone has more: whoever comes later waits for all of them."""

Rows = Sequence[Mapping[str, Scalar]]
Outputs = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The rows of one request, and the promise of their outputs."""

    rows: Rows
    outputs: Future[Outputs] = field(default_factory=Future)


class Coalescer:
    """Runs models in a few threads; a version answers in one of them at a time.

    scikit-learn takes milliseconds a call, whether for one row or for a hundred: what comes while a call runs
    goes into the next one. A request whose rows make the model fail fails alone.
    """

    def __init__(self) -> None:
        self._workers = ThreadPoolExecutor(min(4, os.cpu_count() or 1), "flyball-model")
        self._lock = threading.Lock()
        self._waiting: dict[int, deque[_Asked]] = {}
        self._closed = False

    def submit(self, runtime: Runtime, rows: Rows) -> Future[Outputs]:
        """The outputs of these rows, in order, or ``ModelFailed``. Raises ``Overloaded`` once closed."""
        asked = _Asked(rows)
        with self._lock:
            if self._closed:
                raise Overloaded
            known = self._waiting.get(id(runtime))
            if known is not None:
                known.append(asked)  # a thread is at this version already and finds it
                return asked.outputs
            self._waiting[id(runtime)] = deque([asked])
            self._workers.submit(self._run, runtime)
        return asked.outputs

    def close(self) -> None:
        """Answer what waits, then end the threads."""
        with self._lock:
            self._closed = True
        self._workers.shutdown()

    def _run(self, runtime: Runtime) -> None:
        while group := self._next(runtime):
            _answer(runtime, group)

    def _next(self, runtime: Runtime) -> list[_Asked]:
        with self._lock:
            waiting = self._waiting[id(runtime)]
            group: list[_Asked] = []
            size = 0
            while waiting and (not group or size + len(waiting[0].rows) <= ROWS):
                group.append(waiting.popleft())
                size += len(group[-1].rows)
            if not group:
                del self._waiting[id(runtime)]
            return group


def _answer(runtime: Runtime, group: Sequence[_Asked]) -> None:
    try:
        outputs = runtime.predict([row for asked in group for row in asked.rows])
    except Exception as error:  # noqa: BLE001 - whatever it was, somebody waits for every answer
        if len(group) == 1:
            _settle(group[0], error)
            return
        for asked in group:
            _answer(runtime, [asked])
        return
    start = 0
    for asked in group:
        _settle(asked, outputs[start : start + len(asked.rows)])
        start += len(asked.rows)


def _settle(asked: _Asked, result: Outputs | Exception) -> None:
    if not asked.outputs.set_running_or_notify_cancel():
        return  # who asked has gone
    if isinstance(result, Exception):
        asked.outputs.set_exception(result)
    else:
        asked.outputs.set_result(result)
