"""Direct models answer on the event loop: what came in one turn of it shares a call of the model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from flyball.domain.records import Prediction
from flyball.inference.runtime import Runtime
from flyball.serving.coalescer import ROWS, Outputs, shared
from flyball.serving.preparing.prepared import Prepared
from flyball.serving.recorder import Entry, Recorder, wake
from flyball.stores.records import Submission

Waiting = tuple[Prepared, "asyncio.Future[list[Prediction]]"]


class Gatherer:
    """One call of the model and one entry into the recorder for all that an event loop took in at once.

    A call of a compiled model costs as much as its first four rows, and lets other threads run meanwhile:
    asked for each request, the loop would stand behind the recorder each time. May be shared by event loops.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._waiting: dict[asyncio.AbstractEventLoop, list[Waiting]] = {}

    def recorded(self, prepared: Prepared) -> asyncio.Future[list[Prediction]]:
        """The predictions once they are committed, or ``ModelFailed``, or ``Overloaded``."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[Prediction]] = loop.create_future()
        waiting = self._waiting.get(loop)
        if waiting is None:
            waiting = self._waiting[loop] = []
            loop.call_soon(self._answer, loop)  # after all that is ready to run now
        waiting.append((prepared, done))
        return done

    def _answer(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting = self._waiting.pop(loop)
        groups: dict[int, list[Waiting]] = {}
        for each in waiting[:ROWS]:
            groups.setdefault(id(each[0].version.runtime), []).append(each)
        if waiting[ROWS:]:  # others have their turn first
            self._waiting[loop] = waiting[ROWS:]
            loop.call_soon(self._answer, loop)
        entries = [entry for group in groups.values() for entry in _computed(loop, group)]
        try:
            self._recorder.put(entries)
        except Exception as error:  # noqa: BLE001 - whatever it was, somebody waits for every answer
            wake([(entry.done, error) for entry in entries])


def _computed(loop: asyncio.AbstractEventLoop, group: Sequence[Waiting]) -> list[Entry]:
    """What is to be recorded of calls to one version; those that failed are told so."""
    runtime: Runtime = group[0][0].version.runtime
    entries = []
    results = shared(runtime, [each.inputs for each, _ in group])
    for (prepared, done), outputs in zip(group, results, strict=True):
        result = _submission(prepared, outputs)
        if isinstance(result, Exception):
            wake([(done, result)])
        else:
            entries.append(Entry(result, done, loop))
    return entries


def _submission(prepared: Prepared, outputs: Outputs | Exception) -> Submission | Exception:
    if isinstance(outputs, Exception):
        return outputs
    try:
        return prepared.submission(outputs)
    except Exception as error:  # noqa: BLE001 - nobody else's answer depends on it
        return error
