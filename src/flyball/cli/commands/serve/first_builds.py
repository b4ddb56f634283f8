"""``flyball up --build``: the first champion of each endpoint that has none."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import TYPE_CHECKING

from flyball.cli.commands.learn.build import built
from flyball.cli.following.jobs import UNNOTICED, watch
from flyball.cli.printing.leaderboard import COLUMNS, DETAILS, doubt, leaderboard
from flyball.cli.printing.output import Output
from flyball.cli.servers.beside import Beside, environment
from flyball.domain.errors import FlyballError

if TYPE_CHECKING:
    from flyball.control.jobs.models import Job

BUILD = "from flyball.cli.main import main; main()"


def build_missing(output: Output, worker: Beside | None, *, by_jobs: bool) -> None:
    """Build and promote each endpoint that nothing answers for; one that fails is named.

    They are jobs, for the ``worker`` or one elsewhere. Where there can be none, each is built in a process of
    its own. The memory that learning takes is gone with it either way: this one stays as long as the server.
    """
    from flyball.control.declarations import discovery
    from flyball.control.routing import selectors
    from flyball.control.routing.building import build

    missing = [name for name in discovery.autodiscover() if selectors.route(name) is None]
    if not by_jobs:
        for name in missing:
            _build_apart(output, name)
        return
    if worker is not None and missing:
        worker.start()
    patience = UNNOTICED if worker is None else math.inf
    for job in [build(name, promote=True) for name in missing]:
        follow_build(output, job, patience)


def follow_build(output: Output, job: Job, patience: float) -> None:
    """Follow a job to its end: the leaderboard, and the new champion; or why there is none."""
    try:
        version = built(output, watch(output, job, patience))
    except FlyballError as error:
        output.note(f"{job.endpoint_id} was not built: {error}")
        return
    except KeyboardInterrupt:
        output.note(f"Job {job.pk} waits. The next flyball up goes on with it.")
        raise
    assert version.candidate is not None  # noqa: S101 - it was built
    rows = leaderboard(version.candidate.build)
    output.note_table(rows, COLUMNS, DETAILS)
    output.note_if(doubt(rows, version))
    output.note(f"{version} is champion.")


def _build_apart(output: Output, name: str) -> None:
    said = subprocess.DEVNULL if output.as_json else sys.stderr.fileno()
    words = ["build", name, "--inline", "--promote"]
    done = subprocess.run(  # noqa: S603 - this interpreter, and the name of an endpoint
        [sys.executable, "-P", "-c", BUILD, *words], env=environment(), stdout=said, stderr=said, check=False
    )
    if done.returncode:
        output.note(f"{name} was not built.")
