"""A project of its own whose champion answers the census: its database, its worker, and its batches."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import joblib
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.census import Data, Model
from benchmarks.lineup import BIN, ROOT, SETTINGS, Home
from benchmarks.processes import members

GROUP = 65_536
"""Rows of a row group of what is asked."""
LOOK = 0.1
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, slots=True)
class Run:
    """How long something took (seconds), and the most that one of its processes held (bytes)."""

    seconds: float
    peak: int


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
    """One batch, from asking to its end, by a worker with so many slots that is there already.

    Raises ``SystemExit`` where it fails.
    """
    worker = started(where, slots)
    try:
        command = [str(BIN / "flyball"), "score", where.endpoint, str(source), "--out", str(out)]
        return measured(command, environment(where), watched=worker.pid)
    finally:
        worker.terminate()
        worker.wait()


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
