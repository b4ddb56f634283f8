"""``python -m benchmarks.builds``: the census example's build by one process and by three, in turns."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.lineup import BIN, ROOT
from benchmarks.machine import processor
from benchmarks.tables import table, written

README = Path(__file__).parent / "README.md"
BY = "python -m benchmarks.builds"
GOAL = 1.5
SLOTS = (1, 3)
JOB = """
SELECT status, julianday(started_at), julianday(finished_at), error FROM flyball_job
WHERE kind = 'build' ORDER BY asked_at DESC LIMIT 1
"""
SAME = "name, rank, parameters, fold_scores, held_out_score, trials, error, ended"


@dataclass(frozen=True, slots=True)
class Run:
    """One build, from its begin to its end, and what came of it.

    ``cpu`` is what all processes of the worker have computed (seconds).
    """

    seconds: float
    cpu: float
    helpers: int
    board: list[Any]


def main() -> None:
    """Build in turns, print the table, write it into README.md."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="flyball-builds-", dir=options.folder) as name:
        project = _project(Path(name), options.csv)
        found: dict[int, list[Run]] = {slots: [] for slots in SLOTS}
        for pair in range(options.pairs):
            for slots in SLOTS if pair % 2 == 0 else SLOTS[::-1]:
                found[slots].append(_run(project, slots))
                print(slots, found[slots][-1], flush=True)
    boards = [run.board for runs in found.values() for run in runs]
    if any(board != boards[0] for board in boards):
        sys.exit("Two of the leaderboards are not the same.")
    ratio = statistics.median(
        one.seconds / many.seconds for one, many in zip(found[1], found[3], strict=True)
    )
    rows = [
        [
            f"{slots} slot{'s' if slots > 1 else ''}",
            f"{statistics.median(run.seconds for run in runs):.1f}",
            f"{statistics.median(run.cpu for run in runs):.1f}",
            f"{statistics.median(run.helpers for run in runs):.0f}",
        ]
        for slots, runs in found.items()
    ]
    made = table(["", "seconds", "CPU seconds", "helpers"], rows)
    when, load = f"{datetime.now(UTC):%Y-%m-%d}", os.getloadavg()[2]
    facts = f"{processor()}, {os.cpu_count()} cores, {when}, load {load:.0f}; runs in turns: {options.pairs}."
    facts += f" {ratio:.2f} × as fast; goal: {GOAL} ×. The winner is {_winner(boards[0])}."
    print(f"\n{made}\n\n{facts}")
    if not options.quick:
        README.write_text(written(README.read_text(), {"builds": f"{made}\n\n{facts}"}, BY))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=BY, description=__doc__)
    parser.add_argument("--csv", type=Path, required=True, help="the census")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the project is (default: among temporary files)")
    parser.add_argument("--quick", action="store_true", help="prints, and writes nothing")
    return parser.parse_args()


def _project(folder: Path, csv: Path) -> Path:
    """The example with the census; time ends none of its searches, so that all builds are the same one."""
    project = folder / "income"
    shutil.copytree(ROOT / "examples" / "income", project, ignore=shutil.ignore_patterns(".*", "*.csv"))
    shutil.copyfile(csv, project / "adult.csv")
    endpoints = project / "income" / "endpoints.py"
    text = endpoints.read_text()
    endpoints.write_text(text.replace("seconds=20", "seconds=36000"))
    assert endpoints.read_text() != text
    _call(project, sys.executable, "manage.py", "migrate", "--verbosity", "0")
    _call(project, str(BIN / "flyball"), "apply")
    return project


def _call(project: Path, *command: str) -> None:
    subprocess.run(command, cwd=project, env=_environment(project), check=True, stdout=subprocess.DEVNULL)


def _environment(project: Path) -> dict[str, str]:
    own = {
        "DJANGO_SETTINGS_MODULE": "income.settings",
        "FLYBALL_HOME": str(project / ".flyball"),
        "FLYBALL_DATABASE_URL": f"sqlite:///{project / 'database.sqlite3'}",
        "PYTHONPATH": str(project),
        "OMP_NUM_THREADS": "1",
    }
    return {**{name: value for name, value in os.environ.items() if not name.startswith("FLYBALL")}, **own}


def _run(project: Path, slots: int) -> Run:
    """One more build by a worker with so many slots, which begins and ends with it."""
    with (project / "worker.log").open("a") as log:
        worker = subprocess.Popen(
            [str(BIN / "flyball"), "worker", "--concurrency", str(slots)],
            cwd=project,
            env=_environment(project),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    _call(project, str(BIN / "flyball"), "build", "income", "--detach", "--again")
    while True:
        time.sleep(1)
        status, started, finished, error = _rows(project, JOB)[0]
        if status not in {"queued", "running"}:
            break
    if status != "succeeded":
        worker.terminate()
        raise SystemExit(error)
    worker.send_signal(signal.SIGTERM)
    _, _, used = os.wait4(worker.pid, 0)
    build = _rows(project, "SELECT MAX(id) FROM flyball_build")[0][0]
    units = "SELECT COUNT(DISTINCT claimant) FROM flyball_build_unit WHERE build_id ="
    return Run(
        seconds=(finished - started) * 24 * 3600,
        cpu=used.ru_utime + used.ru_stime,
        helpers=_rows(project, f"{units} {build}")[0][0] - 1,
        board=_rows(
            project,
            f"SELECT {SAME} FROM flyball_candidate_result WHERE build_id = {build} ORDER BY name",  # noqa: S608 - numbers
        ),
    )


def _rows(project: Path, sql: str) -> list[Any]:
    with closing(
        sqlite3.connect(f"file:{project / 'database.sqlite3'}?mode=ro", uri=True, timeout=20)
    ) as own:
        return own.execute(sql).fetchall()


def _winner(board: list[Any]) -> str:
    return str(next(row[0] for row in board if row[1] == 1))


if __name__ == "__main__":
    main()
