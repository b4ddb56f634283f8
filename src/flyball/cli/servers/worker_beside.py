"""The worker that ``flyball up`` brings along; without its libraries, a note of what to install."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import FrameType
from typing import NoReturn

from flyball.cli.printing.output import Output
from flyball.cli.servers.beside import Beside
from flyball.config import Config

logger = logging.getLogger(__name__)

TERMINATED = 128 + signal.SIGTERM


@contextmanager
def worker_beside(output: Output, config: Config, *, wanted: bool) -> Iterator[Beside | None]:
    """A worker that can be started until the block ends, and is ended then; none where it is not ``wanted``.

    It has ``config.drain_seconds`` for its jobs. Meanwhile SIGTERM ends the block, as Ctrl-C does.
    """
    if not wanted or not _can_work():
        if wanted:
            output.note('Nothing carries jobs out here. For that: pip install "django-flyball[jobs]"')
        yield None
        return
    is_drawing = output.notes.is_terminal and not output.as_json
    retells = output.note if is_drawing else None
    worker = Beside(
        "flyball.cli.servers.jobs_worker",
        "The worker",
        output.note if is_drawing else logger.warning,
        retells,
    )
    signal.signal(signal.SIGTERM, _leave)
    try:
        yield worker
    finally:
        worker.stop(config.drain_seconds)


def _can_work() -> bool:
    try:
        return find_spec("celery") is not None
    except ModuleNotFoundError:
        return False


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(TERMINATED)
