"""The way of one prediction, from the door to the record: few modules, and none is entered again."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import flyball
from flyball.config import Config
from flyball.serving.app import create
from flyball.serving.http.door import Door, Request
from flyball.stores.database import Database
from tests import published

pytestmark = pytest.mark.storage
ROOT = f"{Path(flyball.__file__).parent}/"
GROUND = ("domain.", "config")
"""Rules over plain values: everybody stands on them, and they lead nowhere."""
ASIDE = {"serving.recording.meter", "stores.minutes"}
"""What was answered is counted once it has been, and the counts are written once a second."""
MOST = 12
RESUMABLE = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class Walk:
    """Which module calls which, in order, while ``is_on``."""

    def __init__(self) -> None:
        self.is_on = False
        self.entries: list[str] = []
        self._begun: list[FrameType] = []

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        if not self.is_on or event != "call" or self._is_resumed(frame) or _is_aside():
            return
        module, before = _module(frame), _caller(frame)
        if (
            module
            and module != before
            and not module.startswith(GROUND)
            and module not in ASIDE
            and not self._goes_on(module, before)
        ):
            self.entries.append(module)

    def _is_resumed(self, frame: FrameType) -> bool:
        """Whether a generator or a coroutine goes on, which is no call."""
        if not frame.f_code.co_flags & RESUMABLE:
            return False
        if any(frame is each for each in self._begun):
            return True
        self._begun.append(frame)  # kept, so that no later frame takes its place in memory
        return False

    def _goes_on(self, module: str, before: str) -> bool:
        """Whether a thread of its own takes up what its module has been given."""
        return not before and module in self.entries

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch this thread and all that are started meanwhile."""
        threading.setprofile(self)
        try:
            yield
        finally:
            threading.setprofile(None)


def _is_aside() -> bool:
    """Whether this is the thread that copies SQLite's log, whoever predicts meanwhile."""
    return threading.current_thread().name == "flyball-scrubber"


def _module(frame: FrameType) -> str:
    name = frame.f_code.co_filename
    return name.removeprefix(ROOT).removesuffix(".py").replace("/", ".") if name.startswith(ROOT) else ""


def _caller(frame: FrameType) -> str:
    above = frame.f_back
    while above is not None and not _module(above):
        above = above.f_back
    return "" if above is None else _module(above)


@pytest.fixture(params=[True, False], ids=["compiled", "scikit-learn"])
def walked(database: Database, config: Config, request: pytest.FixtureRequest) -> list[str]:
    """The modules that one prediction enters, each time from another one, up to the record."""
    published.publish(database, compiled=request.param)
    walk = Walk()
    headers = {"authorization": f"Bearer {published.key()}"}
    body = json.dumps({"input": published.ROW, "reference": "bed 4"}).encode()
    path = "/v1/endpoints/triage/predictions"
    asked = Request(method="POST", path=path, headers=headers, body=body)
    with walk.watching():
        plane = create(config, database)
        door = Door(plane.start(), config)
        asyncio.run(door.handle(asked))  # threads are started by the first

    async def watched() -> int:
        sys.setprofile(walk)
        walk.is_on = True
        response = await door.handle(asked)
        walk.is_on = False
        sys.setprofile(None)
        return response.status

    assert asyncio.run(watched()) == 200
    plane.stop()
    recorded = next(place for place, name in enumerate(walk.entries) if name.startswith("stores."))
    return walk.entries[:recorded]


def test_a_prediction_walks_few_modules_from_door_to_record(walked: list[str]) -> None:
    assert (walked[0], walked[-1]) == ("serving.http.door", "serving.recording.recorder")
    assert {"serving.preparing.preparer", "serving.preparing.prepared"} < set(walked)
    assert len(set(walked)) <= MOST


def test_a_prediction_never_returns_to_a_module_that_it_left(walked: list[str]) -> None:
    assert [name for place, name in enumerate(walked) if name in walked[:place]] == []
