"""What each server command serves: both planes on one port, the data plane, or Django."""

from __future__ import annotations

from pathlib import Path

from granian.constants import Interfaces

from flyball.cli.servers.server import Server


def one_port() -> Server:
    """The project's ASGI application; where it names none, Django's own, which leads to the doors."""
    from django.conf import settings

    dotted = getattr(settings, "ASGI_APPLICATION", None)
    if not dotted:
        return django(workers=1)
    ours = _is_ours()
    return Server(target=":".join(dotted.rsplit(".", 1)), static=() if ours else _static(), logs_as_set=ours)


def django(workers: int) -> Server:
    """Django alone; in the ready-made project with the guard that limits bodies."""
    ours = _is_ours()
    return Server(
        target="flyball.project.asgi:django" if ours else "django.core.asgi:get_asgi_application",
        factory=not ours,
        interface=Interfaces.ASGINL,  # Django knows no lifespan
        workers=workers,
        static=() if ours else _static(),
        probe="/",
        logs_as_set=ours,
    )


def data_plane(workers: int) -> Server:
    """The data plane alone."""
    return Server(target="flyball.serving.app:native", interface=Interfaces.RSGI, workers=workers)


def _is_ours() -> bool:
    """Whether it is the ready-made project, which hands out its static files behind its guard."""
    from django.conf import settings

    return bool(getattr(settings, "ASGI_APPLICATION", None) == "flyball.project.asgi.application")


def _static() -> tuple[tuple[str, Path], ...]:
    """Each app's static files, as folders that the server hands out by itself, as fast as it can."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import AppDirectoriesFinder

    route = "/" + settings.STATIC_URL.strip("/")
    places = [Path(storage.location) for storage in AppDirectoriesFinder().storages.values()]
    folders = [folder for place in places for folder in sorted(place.iterdir()) if folder.is_dir()]
    return tuple((f"{route}/{folder.name}", folder) for folder in folders)
