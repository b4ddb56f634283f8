"""One port: the data plane beside Django, told apart by path; any ASGI server can host it."""

from __future__ import annotations

import os
from typing import Any

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

from flyball.serving.app import single_threaded_models
from flyball.serving.http.asgi import Application, Receive, Scope, Send
from flyball.serving.http.door import Door

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flyball.project.settings")


class OnePort:
    """``/v1/`` goes to the doors without passing Django; everything else is Django's."""

    def __init__(self, doors: Any, django: Any) -> None:
        self._doors = doors
        self._django = django

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Django knows no lifespan; the doors start and stop with it.
        to_doors = scope["type"] != "http" or _path(scope).startswith("/v1/")
        await (self._doors if to_doors else self._django)(scope, receive, send)


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "").rstrip("/"))


def _start() -> Door:
    # The process's own data plane: flyball.predict in a view shares its models and its recorder.
    from flyball import inprocess

    single_threaded_models()
    plane = inprocess.data_plane()
    return Door(plane.engine, plane.config)


def _stop() -> None:
    from flyball import inprocess

    inprocess.close()


# The static files are those of Django's admin: few, small, and the same for everybody.
application = OnePort(Application(_start, _stop), ASGIStaticFilesHandler(get_asgi_application()))
