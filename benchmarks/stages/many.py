"""Many small versions in one process: from its start to the first answer, to an answer of each; memory."""

from __future__ import annotations

import time
from dataclasses import replace

from benchmarks import census, lineup, processes
from benchmarks.goals import spelled
from benchmarks.lineup import Home
from benchmarks.processes import MEGABYTE
from benchmarks.publishing import apart, publish_many
from benchmarks.servers import Running, Server, running
from benchmarks.stages.setting import Findings, Setting
from benchmarks.tables import table

DISTINCT = 20
"""So many versions differ; the others are one of them under another name, opened once more."""
SHARE = 4
"""With a budget of memory, about one version in so many fits."""
EACH = 450 * 1024
"""What a version takes by the server's estimate, in the mean (bytes)."""


def measure(setting: Setting) -> Findings:
    """With room for all versions, and with room for a part of them."""
    number = setting.pace.versions
    folder, url = setting.folder / "many", lineup.sqlite(setting.folder / "many")
    folder.mkdir(mode=0o700)
    packages = [census.small(setting.data, place) for place in range(DISTINCT)]
    server = lineup.flyball(Home(folder, url, apart(publish_many, folder, url, packages, number), "many-0"))
    bound = str(max(number // SHARE * EACH, MEGABYTE))
    tight = replace(server, environment={**server.environment, "FLYBALL_MODEL_MEMORY": bound})
    rows = []
    first = 0.0
    for name, each in (("room for all", server), (f"room for one in {SHARE}", tight)):
        with running(each, setting.rows[0]) as answering:
            first = first or answering.seconds
            seconds = _every(setting, answering, number)
            rss = sum(one.rss for one in processes.processes(answering.process) if one.role == "worker")
            rows.append([name, *map(spelled, (answering.seconds, seconds / number * 1000, rss / MEGABYTE))])
    head = [f"{number:,} versions", "first answer s", "then each in turn ms", "worker's RSS MB"]
    return Findings({"many": table(head, rows)}, {"many": first})


def _every(setting: Setting, answering: Running, number: int) -> float:
    """How long it takes to ask every version once, one after the other (seconds)."""
    began = time.perf_counter()
    for place in range(number):
        server: Server = replace(answering.server, path=f"/v1/endpoints/many-{place}/predictions")
        replace(answering, server=server).output(setting.rows[place % len(setting.rows)])
    return time.perf_counter() - began
