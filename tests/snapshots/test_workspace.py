"""A workspace leaves nothing behind: not when its process is killed, nor when the disk is full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flyball.snapshots.workspace import workspace

HOLDING = """
import sys, time
from pathlib import Path
from flyball.snapshots.workspace import workspace
with workspace(Path(sys.argv[1])) as work:
    work.save("SELECT 1 AS a", work.path("a"))
    print("holding", flush=True)
    time.sleep(600)
"""
LIMITED = """
import resource, sys
from pathlib import Path
from flyball.domain.errors import Unusable
from flyball.snapshots.arrow import RowWriter
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.workspace import workspace

def save(work):
    work.save("SELECT range AS a, random() AS b FROM range(1000000)", work.path("a"))

def spill(work):
    work.duck.execute("CREATE TABLE a AS SELECT range AS a, random() AS b FROM range(4000000) ORDER BY b")

def write(work):
    with RowWriter(work.path("a"), [ColumnType.INTEGER]) as writer:
        for start in range(0, 1000000, 50000):
            writer.write([(each * 7919 % 1000003,) for each in range(start, start + 50000)])

resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
try:
    with workspace(Path(sys.argv[1]), memory="64MB") as work:
        globals()[sys.argv[2]](work)
except Unusable as error:
    print(error)
"""


def test_what_a_killed_process_left_is_taken_away_and_what_a_living_one_has_stays(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDING, str(tmp_path)], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"holding\n"
        (left,) = tmp_path.iterdir()
        with workspace(tmp_path) as living:
            assert left.exists()
            killed.kill()
            killed.wait()
            with workspace(tmp_path) as other:
                assert set(tmp_path.iterdir()) == {living.folder, other.folder}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows bounds no files.")
@pytest.mark.parametrize("what", ["save", "spill", "write"])
def test_a_full_disk_is_told_and_nothing_is_left_there(what: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path), what], capture_output=True, text=True, check=False
    )
    assert run.stdout.startswith(f"The disk that holds {tmp_path} is full: "), run.stderr
    assert list(tmp_path.iterdir()) == []


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), workspace(tmp_path) as work:
        work.path("absent").read_bytes()
    with pytest.raises(ZeroDivisionError), workspace(tmp_path):
        raise ZeroDivisionError
