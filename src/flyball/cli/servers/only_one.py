"""One ``flyball up`` in a project: a second one is told where the first is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flyball.cli.servers.address import url
from flyball.config import Config, make_home
from flyball.domain.errors import Unusable


@contextmanager
def only_one(config: Config) -> Iterator[None]:
    """Until the block ends, or this process does, nobody else is up in this home. Raises ``Unusable``."""
    import fcntl

    with (make_home(config.home) / "up.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            where = file.read().strip() or "another address"
            raise Unusable(f"Flyball is up in this project already: {where}. Stop that one first.") from None
        file.truncate(0)
        file.write(url(config))
        file.flush()
        yield
