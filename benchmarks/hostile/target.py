"""The server that is attacked: Flyball with small data, as its users start it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import census, lineup
from benchmarks.servers import running
from flyball.domain.values import Scalar


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send what. ``process`` leads the group of the server's processes."""

    port: int
    path: str
    row: Mapping[str, Scalar]
    key: str
    process: int


@contextmanager
def started(folder: Path, command: str = "serve", free: bool = False) -> Iterator[Target]:
    """That command of Flyball's, until the block ends; ``free``: with a model that costs nothing."""
    data = census.read(None)
    (row,) = data.asked(1)
    home = lineup.home(folder / "home", census.boosting(data), free)
    server = lineup.flyball(home, command)
    with running(server, row) as answering:
        yield Target(answering.port, server.path, row, home.key, answering.process)


@contextmanager
def unrelated(folder: Path) -> Iterator[int]:
    """Somebody else's server, a constant answer, until the block ends. Gives its port."""
    with running(lineup.constant(folder), {}) as answering:
        yield answering.port
