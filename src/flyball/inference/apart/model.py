"""A model in a process of its own: opened, asked one call at a time, and started again where it died."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from flyball.domain.errors import ArtifactCorrupt, FlyballError, ModelFailed, Overloaded, of_code
from flyball.domain.routing import Manifest
from flyball.domain.values import Scalar
from flyball.inference.apart import messages
from flyball.inference.apart.frames import GONE, Unasked
from flyball.inference.apart.messages import Opening, Outputs
from flyball.inference.apart.process import NotStarted, Process
from flyball.inference.verdict import Verdict


class Apart:
    """A version that a process of its own answers. The process ends when nobody holds this any more."""

    direct = False

    def __init__(self, model: Model, release: Callable[[Model], None]) -> None:
        self._model = model
        weakref.finalize(self, release, model)

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> Outputs:
        """One output a row, in order. Raises ``ModelFailed``, and ``Overloaded`` once the server stops."""
        return self._model.predict(rows)


class DoesNotOpenApart(Exception):
    """A version with types of the user's own does not open in a process of its own, and may in the server."""


class Model:
    """A version that is answered by a process. ``predict`` may be called from several threads."""

    def __init__(
        self, manifest: Manifest, again: Callable[[], bytes], trusted: Container[str], prelude: str
    ) -> None:
        """``again`` reads the artifact where the process has to be started again."""
        self._manifest = manifest
        self._again = again
        self._trusted = trusted
        self._prelude = prelude
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._is_closed = False

    def open(self, data: bytes) -> None:
        """Start the process and have it open the version and prove its golden answers.

        Raises what ``inference.runtime.load`` raises, ``NotStarted`` and ``DoesNotOpenApart``.
        """
        with self._lock:
            self._start(data)

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> Outputs:
        """One output a row, in order. Raises ``ModelFailed``, and ``Overloaded`` once closed."""
        if not rows:
            return []
        asked = _encoded(rows)
        with self._lock:
            said = self._asked(asked)
        return _understood(said, len(rows))

    def close(self) -> Process | None:
        """End the process for good, also under a call that runs; it, where there is one, to wait for.

        A fork of the server leaves it alone.
        """
        self._is_closed = True
        process = self._process
        if process is None:
            return None
        process.end()
        if self._lock.acquire(blocking=False):  # else the call that runs sees the end, and drops it
            try:
                self._drop(process)
            finally:
                self._lock.release()
        return process

    def _asked(self, asked: bytes) -> bytearray:
        process = self._process
        if process is not None:
            with suppress(Unasked):
                return self._answer(process, asked)
            process.give_up()  # it ended while nobody asked, or is the server's of which this is a fork
            self._forget(process)
        process = self._restarted()
        try:
            return self._answer(process, asked)
        except Unasked as error:
            raise self._died(process) from error

    def _answer(self, process: Process, asked: bytes) -> bytearray:
        try:
            return process.ask(asked)
        except Unasked:
            raise
        except GONE as error:
            raise self._died(process) from error
        except BaseException:
            self._drop(process)  # what it is still going to say would be taken for the next answer
            raise

    def _restarted(self) -> Process:
        try:
            return self._start(self._again())
        except (Overloaded, ModelFailed):
            raise
        except (FlyballError, NotStarted, DoesNotOpenApart) as error:
            raise ModelFailed(f"The model could not be opened again: {error}") from error

    def _start(self, data: bytes) -> Process:
        if self._is_closed:
            raise Overloaded
        process = Process(f"{self._manifest.endpoint}@{self._manifest.number}")
        self._process = process
        try:
            self._have_opened(process, data)
        except BaseException:
            self._drop(process)
            raise
        process.is_in_service = True
        if self._is_closed:  # meanwhile
            raise self._died(process)
        return process

    def _have_opened(self, process: Process, data: bytes) -> None:
        frames = process.frames
        has_own = False
        with _opening(process):
            frames.send(messages.encode(Opening(self._manifest, self._prelude)))
            frames.send(data)
            said = messages.said(frames.receive())
        while said.verdict is None:
            is_trusted = said.asks in self._trusted
            has_own = has_own or is_trusted
            with _opening(process):
                frames.send(messages.encode(is_trusted))
                said = messages.said(frames.receive())
        if said.verdict.code and has_own:
            raise DoesNotOpenApart(said.verdict.detail)
        _raise(said.verdict)

    def _died(self, process: Process) -> FlyballError:
        """What a call is told whose process has ended."""
        how = process.ended()
        self._drop(process)
        return Overloaded() if self._is_closed else ModelFailed(f"The process of the model {how}.")

    def _drop(self, process: Process) -> None:
        process.end()
        self._forget(process)

    def _forget(self, process: Process) -> None:
        process.frames.close()
        self._process = None


@contextmanager
def _opening(process: Process) -> Iterator[None]:
    try:
        yield
    except GONE as error:
        raise ArtifactCorrupt(f"The process that opened the model {process.ended()}.") from error


def _encoded(rows: Sequence[Mapping[str, Scalar]]) -> bytes:
    try:
        return messages.encode(list(rows))
    except (TypeError, ValueError, OverflowError) as error:
        # Not its message: it may repeat a value that was sent.
        raise ModelFailed(f"A value cannot be handed to the model ({type(error).__name__}).") from None


def _understood(said: bytearray, rows: int) -> Outputs:
    try:
        answer: Any = messages.answer(said)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModelFailed(f"The model's answer cannot be read ({type(error).__name__}).") from None
    if isinstance(answer, Verdict):
        _raise(answer)
    if len(answer) != rows:
        raise ModelFailed("The model gave more or fewer answers than there are rows.")
    outputs: Outputs = answer
    return outputs


def _raise(verdict: Verdict) -> None:
    if verdict.code:
        raise of_code(verdict.code)(verdict.detail)
