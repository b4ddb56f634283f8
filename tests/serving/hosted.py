"""A door with a fake engine, for a real server to host, over ASGI or RSGI."""

from __future__ import annotations

from flyball.serving.http import asgi, rsgi
from flyball.serving.http.door import Door
from tests.fakes import FakeEngine, as_engine
from tests.serving.doors import CONFIG


def _door() -> Door:
    return Door(as_engine(FakeEngine()), CONFIG)


application = asgi.Application(_door, lambda: None)
native = rsgi.Application(_door, lambda: None)
