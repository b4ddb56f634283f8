"""One port: the data plane beside Django, told apart by path, in anybody's project."""

from __future__ import annotations

import threading
from typing import Any

from flyball.serving.app import single_threaded_models
from flyball.serving.http.asgi import Application, Receive, Scope, Send
from flyball.serving.http.door import Door
from flyball.serving.http.guard import MOST_BESIDE, Guard


class OnePort:
    """``v1/`` below the prefix goes to the doors without passing Django; everything else is Django's.

    What is below the prefix is guarded: bodies within bounds, and so many at once. The rest is left alone.
    """

    def __init__(self, doors: Any, django: Any, guarded: Any, prefix: str) -> None:
        self._doors = doors
        self._django = django
        self._guarded = guarded
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Django knows no lifespan; the doors start and stop with it."""
        if scope["type"] != "http":
            await self._doors(scope, receive, send)
            return
        path: str = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))
        if path.startswith(f"{self._prefix}v1/"):
            await self._doors(_below(scope, self._prefix), receive, send)
        elif path.startswith(self._prefix):
            await self._guarded(scope, receive, send)
        else:
            await self._django(scope, receive, send)


def beside(django: Any, prefix: str = "/") -> OnePort:
    """Django's ASGI application with the doors beside it; ``flyball.urls`` is included at ``prefix``."""
    from flyball.control.declarations.configured import configured

    return OnePort(Application(_start, _stop), django, Guard(django, configured(), MOST_BESIDE), prefix)


def _below(scope: Scope, prefix: str) -> Scope:
    if prefix == "/":
        return scope
    root: str = scope.get("root_path", "").rstrip("/") + prefix.rstrip("/")
    return {**scope, "root_path": root}


def _start() -> Door:
    # The process's own data plane: flyball.predict in a view shares its models and its recorder.
    from flyball import inprocess

    single_threaded_models()
    # No daemon: a process that ends while one loads a library is aborted; this one it waits for.
    threading.Thread(target=_load_addresses, name="flyball-addresses").start()
    plane = inprocess.data_plane()
    return Door(plane.engine, plane.config)


def _load_addresses() -> None:
    """Import what Django's first request would import: it would do so on the event loop, in half a second."""
    from django.urls import get_resolver

    _ = get_resolver().reverse_dict


def _stop() -> None:
    from flyball import inprocess

    inprocess.close()
