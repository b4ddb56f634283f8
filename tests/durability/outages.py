"""The database takes nothing for a while: clients are told so at once, and nothing grows meanwhile."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from flyball.serving.readers import LOCK_SECONDS, STALLED_SECONDS
from tests.durability.disks import small_disk
from tests.durability.ledger import TRY_AGAIN, TURNED_AWAY, Answered
from tests.durability.scenarios import Report
from tests.durability.servers import Server
from tests.durability.verifier import Tally
from tests.durability.world import World, made

ARRIVALS = 5
"""Clients who come each second, and do not wait for each other."""
GRACE_SECONDS = 3
"""After so long a server knows that a commit stands still."""
MEGABYTE = 1024 * 1024
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Costs:
    """What an outage costs; by default what it may cost at most."""

    seconds_until_told: float = 1.5
    """503, for who asks while it lasts; who tries for the others waits half a second, or two halves."""
    seconds_until_normal: float = 10
    """From its end until nobody is told 503 any more."""
    megabytes: float = 32
    descriptors: int = 64
    """How much more all processes of the server hold than before."""
    without_retry_after: int = 0
    """Answers with 503."""


def away(world: World, seconds: float, bounds: Costs) -> Report:
    """PostgreSQL is stopped; on SQLite somebody else holds the write lock."""
    if world.cluster is not None:
        return _outage(world, seconds, bounds, world.cluster.stop, world.cluster.start)
    with closing(world.database.connect()) as connection:
        begin, end = "BEGIN IMMEDIATE", "ROLLBACK"
        return _outage(
            world, seconds, bounds, lambda: connection.execute(begin), lambda: connection.execute(end)
        )


def locked(world: World, seconds: float, bounds: Costs) -> Report:
    """Somebody else holds a lock that every read and every write of PostgreSQL waits for."""
    sql = "LOCK TABLE flyball_prediction, flyball_idempotency_key IN ACCESS EXCLUSIVE MODE"
    with closing(world.database.connect()) as connection:

        def lock() -> None:
            connection.execute("BEGIN")
            connection.execute(sql)

        # Who has to read waits for a turn, and then for the lock.
        bounds = replace(
            bounds, seconds_until_told=bounds.seconds_until_told + STALLED_SECONDS + LOCK_SECONDS
        )
        return _outage(world, seconds, bounds, lock, lambda: connection.execute("ROLLBACK"))


def hung(world: World, seconds: float, bounds: Costs) -> Report:
    """The processes of the database answer nothing, and take connections."""
    assert world.cluster is not None
    return _outage(world, seconds, bounds, world.cluster.freeze, world.cluster.thaw)


def full(world: World, seconds: float, bounds: Costs) -> Report:
    """The disk of a database of its own is full. Raises ``NotPermitted`` where none may be mounted."""
    is_postgres = world.cluster is not None
    ledgers = world.folder / "full"
    ledgers.mkdir()
    with (
        small_disk(world.folder / "disk", 160 if is_postgres else 48) as disk,
        made(ledgers, disk.folder, postgres=is_postgres) as other,
    ):

        def free() -> None:
            disk.free()
            if other.cluster is not None:
                other.cluster.start()  # it has ended where it could not write its log

        return _outage(other, seconds, bounds, disk.fill, free)


def limited(world: World, seconds: float, bounds: Costs) -> Report:
    """No file that the server writes may grow: what any user can do, without a disk of their own."""
    server = world.serve()
    return _outage(
        world, seconds, bounds, lambda: _limit(server, 0), lambda: _limit(server, resource.RLIM_INFINITY)
    )


def _limit(server: Server, size: int) -> None:
    for process in server.workers:
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))


def _outage(
    world: World, seconds: float, bounds: Costs, take: Callable[[], object], give: Callable[[], object]
) -> Report:
    server = world.serve()
    with world.load(server.port, ARRIVALS) as load:
        load.more()
        before = most = _held(server)
        taken = time.monotonic()
        take()
        try:
            load.turned_away()
            while time.monotonic() < taken + seconds:
                time.sleep(0.2)
                most = [max(pair) for pair in zip(most, _held(server), strict=True)]
        finally:
            given = time.monotonic()
            give()
        back = time.monotonic()
        load.more()
        load.more()
    waited = [line for line in load.lines if isinstance(line, Answered) and line.status in TRY_AGAIN]
    told = [line for line in waited if line.status == TURNED_AWAY]
    held = [more - less for more, less in zip(most, before, strict=True)]
    costs = Costs(
        max(
            (one.ended - one.begun for one in waited if taken + GRACE_SECONDS < one.begun < given), default=0
        ),
        max([0, *(one.ended - back for one in told)]),
        held[0] / MEGABYTE,
        held[1],
        sum(not one.retry_after for one in told),
    )
    return _report(load.tally, len(told), asdict(costs), asdict(bounds))


def _report(tally: Tally, told: int, costs: Mapping[str, float], bounds: Mapping[str, float]) -> Report:
    seen = [f"{name.replace('_', ' ')} {value:.3g}" for name, value in costs.items()]
    broken = [
        f"{name.replace('_', ' ')} over {bounds[name]:g}" for name in costs if costs[name] > bounds[name]
    ]
    return Report(tally, [f"503 told {told}", *seen], broken)


def _held(server: Server) -> list[int]:
    """What the server's processes hold together: memory (bytes), descriptors."""
    places = [Path(f"/proc/{process}") for process in server.processes]
    pages = sum(int((place / "statm").read_text().split()[1]) for place in places)
    return [pages * PAGE, sum(len(list((place / "fd").iterdir())) for place in places)]
