"""A project of its own whose champion answers the census: its database, its worker, and its batches."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import joblib
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.census import Data, Model
from benchmarks.lineup import BIN, ROOT, SETTINGS, Home
from benchmarks.processes import members

GROUP = 65_536
"""Rows of a row group of what is asked."""
FEW = 1000
"""Rows of the small batch before."""
READY = 2.0
"""After it, so that the worker is at rest (seconds)."""
LOOK = 0.1
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, slots=True)
class Run:
    """How long something took (seconds), and the most that one of its processes held (bytes).

    Of a command ``job`` is how long its job took, from when it was asked for (seconds).
    """

    seconds: float
    peak: int
    job: float = math.nan


def written(data: Data, rows: int, path: Path) -> Path:
    """So many rows: those of the data, over and over."""
    table = pa.Table.from_pandas(data.table, preserve_index=False)
    with pq.ParquetWriter(path, table.schema) as writer:
        left = rows
        while left:
            some = table.slice(0, min(left, table.num_rows))
            writer.write_table(some, row_group_size=GROUP)
            left -= some.num_rows
    return path


def environment(where: Home) -> dict[str, str]:
    """That of each process of the project. One thread a model: the others are measured so too."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLYBALL")}
    own = {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "FLYBALL_HOME": str(where.folder),
        "FLYBALL_DATABASE_URL": where.url,
        "FLYBALL_JOB_LEASE_SECONDS": "5",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    return {**kept, **own}


def by_flyball(where: Home, source: Path, out: Path, slots: int) -> Run:
    """One batch, from asking to its end, by a worker with so many slots, which has had a small one before.

    Raises ``SystemExit`` where it fails.
    """
    few = source.with_name("few.parquet")
    pq.write_table(pq.ParquetFile(source).read_row_group(0).slice(0, FEW), few)
    worker = started(where, slots)

    def batch(rows: Path) -> Run:
        command = [str(BIN / "flyball"), "score", where.endpoint, str(rows), "--out", str(out)]
        return measured(command, environment(where), watched=worker.pid)

    try:
        batch(few)
        time.sleep(READY)
        out.unlink()
        return replace(batch(source), job=_job(where))
    finally:
        worker.terminate()
        worker.wait()


def _job(where: Home) -> float:
    """How long the newest batch's job took, from asking to its end (seconds)."""
    command = [str(BIN / "flyball"), "jobs", "list", "--json"]
    said = subprocess.run(command, cwd=ROOT, env=environment(where), check=True, capture_output=True).stdout
    newest = json.loads(said)[0]
    asked, finished = (datetime.fromisoformat(newest[each]) for each in ("asked_at", "finished_at"))
    return (finished - asked).total_seconds()


def by_hand(where: Home, model: Model, source: Path, out: Path) -> Run:
    """The same by scikit-learn and pandas in one process."""
    path = where.folder / "model.joblib"
    joblib.dump(model.pipeline, path)
    command = [sys.executable, "-m", "benchmarks.batches.by_hand", str(path), str(source), str(out)]
    return measured(command, environment(where))


def started(where: Home, slots: int) -> subprocess.Popen[str]:
    """A worker of batches that takes jobs."""
    command = [str(BIN / "flyball"), "worker", "--json", "--queues", "batch", "--concurrency", str(slots)]
    worker = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(where),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert worker.stdout is not None
    worker.stdout.readline()  # it says its queues once it takes jobs
    return worker


def measured(command: list[str], own: dict[str, str], watched: int | None = None) -> Run:
    """Run a command; the memory is that of its processes, or of those that ``watched`` has started.

    Raises ``SystemExit`` where it fails.
    """
    began, peak = time.perf_counter(), 0
    with subprocess.Popen(
        command, cwd=ROOT, env=own, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        while process.poll() is None:
            peak = max(peak, *(_held(each) for each in _family(watched or process.pid)), 0)
            time.sleep(LOOK)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:3])} failed.")
    return Run(time.perf_counter() - began, peak)


def _family(process: int) -> list[int]:
    """A process, its group, and all that they have started in groups of their own."""
    found = members(process)
    for each in found:  # it grows
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            with suppress(OSError):
                found += [one for one in map(int, task.read_text().split()) if one not in found]
    return found


def _held(process: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
