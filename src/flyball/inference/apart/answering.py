"""What the process of a model does with a message: it opens the version, asks for trust, and answers rows."""

from __future__ import annotations

import traceback
from importlib import import_module

from flyball.domain.errors import FlyballError, ModelFailed
from flyball.inference import runtime
from flyball.inference.apart import messages
from flyball.inference.apart.frames import Frames
from flyball.inference.apart.messages import Said
from flyball.inference.runtime import Runtime
from flyball.inference.verdict import Verdict


def opened(frames: Frames) -> Runtime | None:
    """The version that is asked for, proven; ``None`` where it does not load, which the server is told."""
    asked, data = messages.opening(frames.receive()), bytes(frames.receive())
    loaded = None
    try:
        loaded = runtime.load(asked.manifest, data, _Trusted(frames, asked.prelude))
        verdict = Verdict()
    except FlyballError as error:
        verdict = Verdict(error.code, error.detail)
    except BaseException as error:  # noqa: BLE001 - a module of the user's own may even want to end the process
        traceback.print_exc()
        sentence = f"It failed with {type(error).__name__}; the log says where."
        verdict = Verdict(FlyballError.code, sentence)
    frames.send(messages.encode(Said(verdict=verdict)))
    return loaded


def answered(loaded: Runtime, rows: bytes | bytearray) -> bytes:
    """The answers to some rows as a message, or what went wrong."""
    try:
        return messages.encode(loaded.predict(messages.rows(rows)))
    except FlyballError as error:
        return messages.encode(Verdict(error.code, error.detail))
    except Exception as error:  # noqa: BLE001 - as of any runtime; its message may repeat a value that was sent
        sentence = f"The model gave no answer ({type(error).__name__})."
        return messages.encode(Verdict(ModelFailed.code, sentence))


class _Trusted:
    """The types that the server trusts: it is asked for each that the model brings, once."""

    def __init__(self, frames: Frames, prelude: str) -> None:
        self._frames = frames
        self._prelude = prelude
        self._known: dict[object, bool] = {}

    def __contains__(self, name: object) -> bool:
        if name not in self._known:
            self._known[name] = self._asked(str(name))
        return self._known[name]

    def _asked(self, name: str) -> bool:
        self._frames.send(messages.encode(Said(asks=name)))
        is_trusted = messages.trust(self._frames.receive())
        if is_trusted and self._prelude:
            module, _, function = self._prelude.partition(":")
            self._prelude = ""
            getattr(import_module(module), function)()
        return is_trusted
