"""Trying a model from outside in a process of its own: what crashes, hangs or takes too much is refused."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterable

import msgspec

from flyball.domain.errors import (
    ArtifactCorrupt,
    ArtifactUntrusted,
    FlyballError,
    GoldenMismatch,
    ModelFailed,
)
from flyball.domain.routing import Manifest
from flyball.inference import interpreters
from flyball.inference.quarantine.child import LENGTH, Request
from flyball.inference.verdict import Verdict

ERRORS: dict[str, type[FlyballError]] = {
    error.code: error for error in (ArtifactCorrupt, ArtifactUntrusted, GoldenMismatch, ModelFailed)
}
LONGEST_ANSWER = 64 * 1024


def try_model(
    manifest: Manifest,
    data: bytes,
    trusted: Iterable[str] = (),
    *,
    memory: int,
    seconds: int,
    reasons: bytes = b"",
) -> None:
    """Open a model in a process of its own and ask its golden rows; nothing of it is made in this one.

    ``reasons`` is what explains its answers, tried on the same rows. ``memory`` (bytes) and ``seconds`` are
    the most that it may take. Raises ``ArtifactUntrusted``, ``ArtifactCorrupt``, ``GoldenMismatch`` or
    ``ModelFailed``; ``ArtifactCorrupt`` too where the process ends without a word, or does not end.
    """
    places = interpreters.places()
    request = Request(
        manifest=manifest,
        trusted=tuple(trusted),
        places=places,
        memory=memory,
        seconds=seconds,
        reasons=len(reasons),
    )
    verdict = _answer(msgspec.json.encode(request), data + reasons, places, seconds)
    if verdict.code:
        raise ERRORS.get(verdict.code, ArtifactCorrupt)(verdict.detail)


def _answer(request: bytes, data: bytes, places: tuple[str, ...], seconds: int) -> Verdict:
    with tempfile.TemporaryFile() as asked:
        for part in (len(request).to_bytes(LENGTH, "big"), request, data):
            asked.write(part)
        asked.seek(0)
        child = subprocess.Popen(  # noqa: S603 - this interpreter, and a module of ours
            interpreters.command("flyball.inference.quarantine.child"),
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=_environment(places),
            start_new_session=True,  # a group of its own: whatever it starts ends with it
        )
    is_late = threading.Event()
    alarm = threading.Timer(seconds, _late, (is_late, child))
    alarm.start()
    try:
        said = child.stdout.read(LONGEST_ANSWER) if child.stdout else b""
    finally:
        alarm.cancel()
        alarm.join()
        interpreters.end(child.pid)
        child.communicate()
    return _understood(said, seconds, is_late=is_late.is_set())


def _understood(said: bytes, seconds: int, *, is_late: bool) -> Verdict:
    try:
        return msgspec.json.decode(said, type=Verdict)
    except (msgspec.DecodeError, UnicodeDecodeError):
        what = f"did not answer within {seconds} s" if is_late else "ended the process that tried it"
        return Verdict(ArtifactCorrupt.code, f"The model {what}.")


def _late(is_late: threading.Event, child: subprocess.Popen[bytes]) -> None:
    is_late.set()
    interpreters.end(child.pid)


def _environment(places: tuple[str, ...]) -> dict[str, str]:
    """What the process needs, and no secret that is in this one's environment."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    settings = {"DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "")}
    return {
        **kept,
        **{name: value for name, value in settings.items() if value},
        **dict.fromkeys(interpreters.ONE_THREAD, "1"),
        "PYTHONPATH": os.pathsep.join(places),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
