"""A door with a fake engine, for a real server to host: ``tests.serving.hosted:application``."""

from __future__ import annotations

from flyball.serving.http.asgi import Application
from flyball.serving.http.door import Door
from tests.fakes import FakeEngine, as_engine
from tests.serving.doors import CONFIG

application = Application(lambda: Door(as_engine(FakeEngine()), CONFIG), lambda: None)
