"""Concurrent requests for one version share one call of its model; what follows needs no other thread."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flyball.domain.errors import Overloaded
from flyball.domain.promises import chain, settle
from flyball.domain.values import Scalar
from flyball.inference.runtime import Runtime

ROWS = 256
"""Rows of one call, unless one request alone has more: whoever comes later waits for all of them."""

Rows = Sequence[Mapping[str, Scalar]]
Outputs = list[dict[str, Any]]
B = TypeVar("B")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The rows of one request, and the future of their outputs."""

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
        self._waiting: dict[int, deque[_Waiting]] = {}
        self._closed = False

    def submit(self, runtime: Runtime, rows: Rows) -> Future[Outputs]:
        """The outputs of these rows, in order, or ``ModelFailed``. Raises ``Overloaded`` once closed."""
        request = _Waiting(rows)
        with self._lock:
            if self._closed:
                raise Overloaded
            known = self._waiting.get(id(runtime))
            if known is not None:
                known.append(request)  # a thread is at this version already and finds it
                return request.outputs
            self._waiting[id(runtime)] = deque([request])
            self._workers.submit(self._run, runtime)
        return request.outputs

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

    def _run(self, runtime: Runtime) -> None:
        while group := self._next(runtime):
            _compute(runtime, group)

    def _next(self, runtime: Runtime) -> list[_Waiting]:
        with self._lock:
            waiting = self._waiting[id(runtime)]
            group: list[_Waiting] = []
            size = 0
            while waiting and (not group or size + len(waiting[0].rows) <= ROWS):
                group.append(waiting.popleft())
                size += len(group[-1].rows)
            if not group:
                del self._waiting[id(runtime)]
            return group


def _compute(runtime: Runtime, group: Sequence[_Waiting]) -> None:
    for request, result in zip(group, shared(runtime, [each.rows for each in group]), strict=True):
        settle(request.outputs, result)


def shared(runtime: Runtime, requests: Sequence[Rows]) -> list[Outputs | Exception]:
    """The outputs of each request, from one call of the model, or its error.

    A request whose rows make the model fail fails alone: then each is asked by itself.
    """
    try:
        outputs = runtime.predict([row for rows in requests for row in rows])
    except Exception as error:  # noqa: BLE001 - whatever it was, somebody waits for every answer
        return [error] if len(requests) == 1 else [shared(runtime, [rows])[0] for rows in requests]
    each: list[Outputs | Exception] = []
    start = 0
    for rows in requests:
        each.append(outputs[start : start + len(rows)])
        start += len(rows)
    return each
