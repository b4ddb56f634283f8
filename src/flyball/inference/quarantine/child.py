"""The process itself: it reads a request, opens the model, asks its golden rows, and says how that went."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

import msgspec

from flyball.domain.errors import ArtifactCorrupt, FlyballError
from flyball.domain.routing import Manifest
from flyball.inference.quarantine import limits
from flyball.inference.verdict import Verdict
from flyball.typed import known


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be tried; ``places`` are where modules are found, limits are in bytes and seconds.

    The last ``reasons`` bytes that follow it are what explains the model, where there are any.
    """

    manifest: Manifest
    trusted: tuple[str, ...]
    places: tuple[str, ...]
    memory: int
    seconds: int
    reasons: int = 0


known(Request)
LENGTH = 8
"""Bytes that say how long the request is; the artifact follows it."""


def main() -> None:
    """Read from standard input, answer on standard output; whatever else writes there writes nowhere."""
    answers = os.dup(1)
    os.dup2(2, 1)
    request, data = _read(sys.stdin.buffer)
    limits.cut_off()
    limits.limit(memory=request.memory, seconds=request.seconds)
    try:
        verdict = _try(request, data)
    except MemoryError:
        verdict = Verdict(ArtifactCorrupt.code, "The model needs more memory than it may have.")
    except limits.Forbidden as reason:
        verdict = Verdict(ArtifactCorrupt.code, f"The model wanted what no model needs: {reason}.")
    os.write(answers, msgspec.json.encode(verdict))
    os._exit(0)  # nothing that the model left behind runs


def _try(request: Request, data: bytes) -> Verdict:
    from flyball.inference import runtime
    from flyball.inference.reasons import opening

    limits.watch(request.places)
    try:
        model, reasons = data[: len(data) - request.reasons], data[len(data) - request.reasons :]
        loaded = runtime.load(request.manifest, model, request.trusted)
        explainer = opening.opened(request.manifest, reasons, model, loaded) if reasons else None
        limits.closed()
        runtime.verify(request.manifest, loaded)  # once more: it needs nothing that has to be opened
        if explainer is not None:
            opening.verify(request.manifest, explainer)
    except FlyballError as error:
        return Verdict(error.code, error.detail)
    return Verdict()


def _read(source: BinaryIO) -> tuple[Request, bytes]:
    length = int.from_bytes(source.read(LENGTH), "big")
    return msgspec.json.decode(source.read(length), type=Request), source.read()


if __name__ == "__main__":
    main()
