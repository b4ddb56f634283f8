"""What happens to servers and databases while clients ask: each scenario ends with a count."""

from __future__ import annotations

import subprocess
from contextlib import closing
from dataclasses import dataclass, field

from tests.durability.proxy import Proxy, proxy
from tests.durability.servers import Server
from tests.durability.verifier import Tally
from tests.durability.world import Load, World
from tests.shell import BIN


@dataclass(slots=True)
class Report:
    """What was counted and seen, and which promise was broken."""

    tally: Tally
    seen: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        return self.tally.is_clean and not self.broken

    def __str__(self) -> str:
        seen = f" ({', '.join(self.seen)})" if self.seen else ""
        broken = f" BROKEN: {', '.join(self.broken)}" if self.broken else ""
        return f"{self.tally}{seen}{broken}"


def kills(world: World, rounds: int) -> Report:
    """``kill -9`` in turn of every process of the server, of a worker, and of the main process alone."""
    server = world.serve()
    with world.load(server.port) as load:
        for number in range(rounds):
            load.more()
            if number % 3 == 1:
                server.kill_worker()
                server.wait()
            else:
                (server.kill_main if number % 3 else server.kill)()
                server.start()
        load.more()
    return Report(load.tally)


def restarts(world: World, rounds: int) -> Report:
    """SIGTERM, as a new release does it."""
    return _restarts(world, rounds, world.serve())


def restarts_of_up(world: World, rounds: int) -> Report:
    """The same to everything on one port, in a project of somebody's."""
    project = world.folder / "shop"
    subprocess.run([BIN / "flyball", "init", project.name], cwd=world.folder, check=True, capture_output=True)
    (project / project.name / "endpoints.py").write_text('"""Nothing of its own."""\n')
    return _restarts(world, rounds, world.serve("up", "--no-worker", directory=project))


def _restarts(world: World, rounds: int, server: Server) -> Report:
    codes = set()
    with world.load(server.port) as load:
        for _ in range(rounds):
            load.more()
            codes.add(server.end())
            server.start()
        load.more()
    return Report(load.tally, broken=[f"exit code {code}" for code in codes if code])


def cut_answers(world: World, rounds: int) -> Report:
    """The connection breaks between client and server, after the commit and before the answer."""
    with proxy(world.serve().port, b"HTTP/1.1 200", every=3) as between, world.load(between.port) as load:
        _cut(between, load, rounds)
    return Report(load.tally, [f"{between.done} answers cut"])


def cut_commits(world: World, rounds: int) -> Report:
    """The connection breaks between server and PostgreSQL, after the commit and before its answer."""
    assert world.cluster is not None
    with proxy(world.cluster.port, b"COMMIT\0", every=10) as between:
        server = world.serve(url=world.cluster.url(between.port))
        with world.load(server.port) as load:
            _cut(between, load, rounds)
        world.close()
    return Report(load.tally, [f"{between.done} commits cut"])


def backends(world: World, rounds: int) -> Report:
    """PostgreSQL ends every connection of the server."""
    ended = 0
    sql = (
        "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) ended"
    )
    with world.load(world.serve().port) as load, closing(world.database.connect()) as connection:
        for _ in range(rounds):
            load.more()
            ended += connection.execute(sql).fetchone()[0]
        load.more()
    return Report(load.tally, [f"{ended} backends ended"])


def postmasters(world: World, rounds: int) -> Report:
    """``kill -9`` of the postmaster, and a start that recovers."""
    assert world.cluster is not None
    with world.load(world.serve().port) as load:
        for _ in range(rounds):
            load.more()
            world.cluster.kill()
            world.cluster.start()
        load.more()
    return Report(load.tally)


def _cut(between: Proxy, load: Load, rounds: int) -> None:
    load.more()
    between.wanted = rounds
    while between.done < rounds:
        load.more(1)
    load.more()
