"""``python -m benchmarks.batches.kills``: 200 chunks; workers are killed and paused at random moments."""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.batches.disturbing import SHOTS, Disturber
from benchmarks.batches.world import environment
from benchmarks.census import read, small
from benchmarks.lineup import BIN, ROOT, Home, database_beside, sqlite
from benchmarks.publishing import publish

if TYPE_CHECKING:
    from flyball.batches.models import Batch

LEASE = 2.0
"""As short as machines that are busy allow (seconds)."""


def main() -> None:
    """Print what was done and what came of it, a line for each seed; exit 1 where anything differs."""
    options = _options()
    with (
        tempfile.TemporaryDirectory(prefix="flyball-kills-", dir=options.folder) as name,
        _database(Path(name), options.postgres) as url,
    ):
        sys.exit(run(Path(name), url, options))


def run(folder: Path, url: str, options: argparse.Namespace) -> int:
    """All seeds on one database; how many did not come out as the undisturbed batch."""
    data = read(None)
    package = small(data, 0)
    home = folder / "home"
    home.mkdir(mode=0o700)
    key = publish(home, url, package, free=False)  # Django is set up here, too
    where = Home(home, url, key, package.manifest.endpoint)
    source = _source(folder / "rows.ndjson", data.asked(500), options.chunks * options.chunk_rows)
    calm = _asked(where, source, folder / "calm.csv", options.chunk_rows)
    _calmly(calm)
    bad = 0
    for seed in range(options.seeds):
        out = folder / f"{seed}.csv"
        drawn = random.Random(seed)  # noqa: S311 - the same each time
        shots = [drawn.choice(SHOTS) for _ in range(options.shots)]
        found = Disturber(_asked(where, source, out, options.chunk_rows), lambda: _worker(where), LEASE, seed)
        began = time.monotonic()
        status = found.run(2, shots)
        is_same = out.exists() and out.read_bytes() == (folder / "calm.csv").read_bytes()
        said = "the same bytes" if is_same and status == "succeeded" else f"NOT THE SAME ({status})"
        print(f"seed {seed}: {_told(found.done)}: {said}, {time.monotonic() - began:.0f} s", flush=True)
        bad += "NOT" in said
    return bad


def _source(path: Path, asked: Sequence[Mapping[str, Any]], rows: int) -> Path:
    """So many rows as NDJSON, which go one by one: there is time for something to happen."""
    with path.open("w") as file:
        for number in range(rows):
            file.write(json.dumps({"id": number, **asked[number % len(asked)]}) + "\n")
    return path


def _told(done: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(done.items()))


@contextmanager
def _database(folder: Path, postgres: str) -> Iterator[str]:
    if not postgres:
        yield sqlite(folder)
        return
    with database_beside(postgres, "kills") as url:
        yield url


def _asked(where: Home, source: Path, out: Path, rows: int) -> Batch:
    from flyball.batches.options import Options
    from flyball.batches.services import ask_batch

    options = Options(chunk_rows=rows)
    return ask_batch(endpoint=where.endpoint, source=str(source), out=str(out), options=options)


def _calmly(batch: Batch) -> None:
    """Carry a batch out in this process, alone."""
    from flyball.control.jobs import running
    from flyball.control.jobs.performing import perform

    assert batch.job is not None
    attempt = running.claim(batch.job.pk)
    assert attempt is not None
    perform(attempt)


def _worker(where: Home) -> subprocess.Popen[Any]:
    """One with two slots, so that each broker in memory finds a helper."""
    own = {**environment(where), "FLYBALL_JOB_LEASE_SECONDS": f"{LEASE:g}", "FLYBALL_DRAIN_SECONDS": "1"}
    command = [str(BIN / "flyball"), "worker", "--queues", "batch", "--concurrency", "2"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=own,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batches.kills", description=__doc__)
    parser.add_argument("--chunks", type=int, default=200)
    parser.add_argument("--chunk-rows", type=int, default=1000)
    parser.add_argument("--shots", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--postgres", default="", help="a URL: on a database of its own beside that one")
    parser.add_argument("--folder", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
