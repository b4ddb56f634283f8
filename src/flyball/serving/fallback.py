"""Where an arm fails or is too late, the route's fallback answers in its place: one of them, never both."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent import futures
from contextlib import suppress
from typing import Any, NamedTuple

from flyball.domain.errors import (
    Erased,
    FlyballError,
    IdempotencyKeyReused,
    InvalidInput,
    ModelFailed,
    Overloaded,
    Problem,
    TooLate,
    UnknownEntity,
)
from flyball.domain.records import Prediction
from flyball.inference.runtime import Runtime
from flyball.serving.assigning import by_runtime
from flyball.serving.coalescer import Coalescer, Gatherer, Outputs
from flyball.serving.pool import Assigned
from flyball.serving.preparing.features import CheckedRow
from flyball.serving.preparing.prepared import Prepared, decided
from flyball.serving.preparing.preparer import Preparer, Read
from flyball.serving.preparing.request import Request
from flyball.serving.recording.recorder import Entry, Recorder
from flyball.stores.records import Submission

GIVEN = (InvalidInput, UnknownEntity, IdempotencyKeyReused, Erased, Overloaded)
"""Errors that no other version would mend: the request is to blame, or there is no room to record it."""


class _Part(NamedTuple):
    """Rows of a call that one version answers: their places, and their outputs to come."""

    runtime: Runtime
    places: list[int]
    outputs: futures.Future[Outputs]


class Fallback:
    """Asks the arms of a call for as long as the deadline lets it, and then the fallback.

    With a deadline every model is asked in a thread: what computes on an event loop cannot be given up. The
    answer of one that was given up comes late, or never, and is recorded nowhere. The fallback has threads
    of its own: models that hang would keep it from those of the others.
    """

    def __init__(
        self, preparer: Preparer, coalescer: Coalescer, gatherer: Gatherer, recorder: Recorder
    ) -> None:
        self._preparer = preparer
        self._coalescer = coalescer
        self._gatherer = gatherer
        self._recorder = recorder
        self._aside = Coalescer("flyball-fallback")

    async def recorded(self, request: Request, *, is_entity: bool = False) -> list[Prediction]:
        """The answers of a call, one a row, in order, once they are committed; or those of a repeat.

        Raises as the arm does, where no version would mend it, and where the fallback fails too.
        """
        trial, prepare = _Trial(request), self._preparer.prepare
        try:
            async with asyncio.timeout(trial.left):
                found = await (self._preparer.prepare_entity if is_entity else prepare)(request)
            if isinstance(found, list):
                return found
            if trial.is_unhurried(found):
                return await self._gatherer.recorded(found)
            await self._ask(trial, found)
        except Exception as error:  # noqa: BLE001 - a model of the user's own may fail in any way
            trial.fail(error)
        if trial.failures:
            await self._answer(trial)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[Prediction]] = loop.create_future()
        self._recorder.put([Entry(self._submission(trial, is_once=is_entity), done, loop)])
        return await done

    def submission(self, request: Request, read: Read | None = None) -> Submission | list[Prediction]:
        """The same, blocking, before they are stored; ``read`` reads with another connection.

        What it reads is not given up.
        """
        trial = _Trial(request)
        try:
            found = self._preparer.prepare_now(request, read, trial.left)
            if isinstance(found, list):
                return found
            if trial.is_unhurried(found):
                outputs = found.runtime.predict(found.inputs)
                trial.take(range(len(outputs)), found.assigned, found.rows, outputs)
            else:
                self._ask_now(trial, found)
        except Exception as error:  # noqa: BLE001 - as above
            trial.fail(error)
        if trial.failures:
            self._answer_now(trial, read)
        return self._submission(trial)

    def close(self) -> None:
        """End the fallback's threads."""
        self._aside.close()

    async def _ask(self, trial: _Trial, prepared: Prepared) -> None:
        loop, landed = asyncio.get_running_loop(), asyncio.Event()
        parts = self._parts(prepared)

        def land(_: futures.Future[Outputs]) -> None:
            if all(part.outputs.done() for part in parts):
                with suppress(RuntimeError):  # the loop is closed: who asked has gone
                    loop.call_soon_threadsafe(landed.set)

        for part in parts:
            part.outputs.add_done_callback(land)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(trial.left):
                    await landed.wait()
        finally:
            self._settle(trial, prepared, parts)

    def _ask_now(self, trial: _Trial, prepared: Prepared) -> None:
        parts = self._parts(prepared)
        try:
            futures.wait([part.outputs for part in parts], trial.left)
        finally:
            self._settle(trial, prepared, parts)

    def _parts(self, prepared: Prepared) -> list[_Part]:
        """Each version's rows, asked together."""
        parts = by_runtime([under.version.runtime for under in prepared.assigned])
        return [
            _Part(runtime, places, self._coalescer.submit(runtime, [prepared.inputs[at] for at in places]))
            for runtime, places in parts
        ]

    def _settle(self, trial: _Trial, prepared: Prepared, parts: Sequence[_Part]) -> None:
        """What has been answered counts; the rest is given up, and nothing that comes of it is taken."""
        for runtime, places, outputs in parts:
            if self._coalescer.give_up(runtime, outputs):
                trial.fail(TimeoutError(), places)
                continue
            try:
                under, rows = [prepared.assigned[at] for at in places], [prepared.rows[at] for at in places]
                trial.take(places, under, rows, outputs.result())
            except Exception as error:  # noqa: BLE001 - as above
                trial.fail(error, places)

    async def _answer(self, trial: _Trial) -> None:
        places = list(trial.failures)
        try:
            behind = await self._preparer.prepare_behind(trial.request.behind(places))
            if behind.is_direct:
                outputs = behind.runtime.predict(behind.inputs)
            else:
                outputs = await asyncio.wrap_future(self._aside.submit(behind.runtime, behind.inputs))
            trial.take(places, behind.assigned, behind.rows, outputs)
        except Exception as error:
            raise trial.failures[places[0]] from error

    def _answer_now(self, trial: _Trial, read: Read | None) -> None:
        places = list(trial.failures)
        try:
            behind = self._preparer.prepare_behind_now(trial.request.behind(places), read)
            if behind.is_direct:
                outputs = behind.runtime.predict(behind.inputs)
            else:
                outputs = self._aside.submit(behind.runtime, behind.inputs).result()
            trial.take(places, behind.assigned, behind.rows, outputs)
        except Exception as error:
            raise trial.failures[places[0]] from error

    def _submission(self, trial: _Trial, *, is_once: bool = False) -> Submission:
        endpoint = trial.request.call.endpoint
        for (version, arm, code), rows in trial.causes().items():
            self._recorder.meter.fell_back(endpoint, version, arm, code, rows)
        return trial.submission(is_once=is_once)


class _Trial:
    """What becomes of the rows of one call, by their places: an answer each, or an error so far."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.failures: dict[int, Exception] = {}
        self._taken: dict[int, tuple[Assigned, CheckedRow, dict[str, Any]]] = {}
        spare = request.spare
        self._deadline = None if spare is None else spare.deadline
        passed = (time.perf_counter_ns() - request.began) / 1e9
        self._until = None if self._deadline is None else time.monotonic() + self._deadline - passed

    @property
    def left(self) -> float | None:
        """Seconds until the deadline; ``None`` without one."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def is_unhurried(self, prepared: Prepared) -> bool:
        """Whether the model is asked where it is: it takes microseconds, and nobody would give it up."""
        return self._deadline is None and prepared.is_direct

    def take(
        self,
        places: Sequence[int],
        assigned: Sequence[Assigned],
        rows: Sequence[CheckedRow],
        outputs: Outputs,
    ) -> None:
        """What some rows are answered, in the order of their places. Raises ``ModelFailed``."""
        try:
            taken = list(zip(assigned, rows, outputs, strict=True))
            for under, _, output in taken:
                decided(under, output)
        except (ValueError, TypeError, LookupError) as error:
            raise ModelFailed from error
        self._taken |= zip(places, taken, strict=True)

    def fail(self, error: Exception, places: Sequence[int] | None = None) -> None:
        """The rows of these places (all of them) have no answer. Raises the error where that is for good."""
        if isinstance(error, GIVEN):
            raise error
        for place in range(len(self.request.call.rows)) if places is None else places:
            self.failures[place] = self._said(error, self.request.assigned[place])

    def causes(self) -> Mapping[tuple[int, str | None, str], int]:
        """How many rows the fallback answers, by the version and arm that did not, and the error's code."""
        return Counter(
            (*_of(self.request.assigned[place]), _code(error)) for place, error in self.failures.items()
        )

    def submission(self, *, is_once: bool) -> Submission:
        """All that has been taken, in the order of the rows."""
        request = self.request
        taken = [self._taken[place] for place in range(len(request.call.rows))]
        whole = Prepared(
            route=request.served.route,
            runtime=taken[0][0].version.runtime,
            assigned=[under for under, _, _ in taken],
            rows=[
                self._warned(place, under, row) if under.answered else row
                for place, (under, row, _) in enumerate(taken)
            ],
            inputs=(),
            idempotency=request.idempotency,
            request=request.digest,
            began=request.began,
            is_once=is_once,
        )
        return whole.submission([output for _, _, output in taken])

    def _warned(self, place: int, under: Assigned, row: CheckedRow) -> CheckedRow:
        version, arm = _of(self.request.assigned[place])
        did = "was too late" if isinstance(self.failures[place], TooLate) else "failed"
        said = f"Version {version}, the {arm}, {did}; version {under.version.manifest.number} answered."
        row.warnings.append(Problem(row.row.pointer, "fallback_answered", said))
        return row

    def _said(self, error: Exception, under: Assigned) -> Exception:
        version, arm = _of(under)
        if isinstance(error, TimeoutError):
            error = TooLate(f"Version {version} did not answer within {self._deadline:g} s.")
        if isinstance(error, FlyballError):
            error.of = (version, arm)
        return error


def _of(under: Assigned) -> tuple[int, str | None]:
    return under.version.manifest.number, under.arm


def _code(error: Exception) -> str:
    return error.code if isinstance(error, FlyballError) else FlyballError.code
