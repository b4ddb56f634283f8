"""An empty database for one command: the project's models, away from its real data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import msgspec

from flyball.cli.project.location import config


@contextmanager
def empty_database() -> Iterator[None]:
    """Until it ends, Django's default database and Flyball's home are empty, new and on this disk.

    For a process of its own, such as a command: threads that have a connection already would keep it.
    """
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    own = config()
    with TemporaryDirectory(prefix="flyball-check-") as folder:
        path = Path(folder) / "flyball.sqlite3"
        settings.FLYBALL = msgspec.structs.replace(
            own, home=Path(folder), database_url=f"sqlite:///{quote(str(path))}"
        )
        connections["default"].close()
        del connections["default"]
        real = dict(connections.databases["default"])
        connections.databases["default"].update(_lite(path))
        try:
            call_command("migrate", verbosity=0, interactive=False)
            yield
        finally:
            connections["default"].close()
            del connections["default"]
            connections.databases["default"].update(real)
            settings.FLYBALL = own


def _lite(path: Path) -> dict[str, object]:
    from flyball.control.connection import LITE

    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": dict(LITE),
        "HOST": "",
        "PORT": "",
        "USER": "",
        "PASSWORD": "",
    }
