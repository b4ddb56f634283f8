"""Kills, records and hostile files: finished chunks stay, nothing is answered twice, and the job says why."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flyball.batches.models import BatchChunk
from flyball.batches.reading import limits
from flyball.batches.work.doing import Doing
from flyball.control.jobs.models import Job
from flyball.control.routing.models import Prediction
from flyball.stores.database import Database
from tests.batches.world import ask, done, rows
from tests.jobs.workers import claimed

pytestmark = pytest.mark.storage


class Killed(BaseException):
    """The process ends here, whatever is under way."""


def interrupted(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Chunk ``at`` ends its process, after its part is written and before that is in the database."""
    undisturbed = Doing.do

    def do(self: Doing, chunk: BatchChunk) -> object:
        found = undisturbed(self, chunk)
        if chunk.number == at:
            raise Killed
        return found

    monkeypatch.setattr(Doing, "do", do)


@pytest.mark.parametrize("record", [False, True])
def test_a_kill_costs_one_chunk_and_changes_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: bool
) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,age,ward\n" + "".join(f"r{age},{age % 121},east\n" for age in range(40)))
    options = {"chunk_rows": 7, "reference": "id", "record": record}
    assert done(ask(database, source, tmp_path / "calm.csv", **options)).status == "succeeded"
    Prediction.objects.all().delete()
    made = ask(database, source, tmp_path / "out.csv", **options)
    assert made.job is not None
    with monkeypatch.context() as patched:
        interrupted(patched, at=3)
        with pytest.raises(Killed):
            done(made)
    assert made.chunks.exclude(done_at=None).count() == 3
    Job.objects.filter(pk=made.job.pk).update(lease_until=made.asked_at)
    again = done(made)
    assert again.status == "succeeded", again.error
    if record:
        found = rows(tmp_path / "out.csv")
        assert [row["row"] for row in found] == [str(number) for number in range(1, 41)]
        stored = {str(each.pk): each.reference for each in Prediction.objects.all()}
        assert stored == {row["prediction"]: row["id"] for row in found}, "each is recorded once"
    else:
        assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "calm.csv").read_bytes()


def failed(database: Database, source: Path, out: Path) -> str:
    """Why the batch of a file fails."""
    job = done(ask(database, source, out))
    assert job.status == "failed"
    assert job.error_code == "data", job.error
    return job.error


def test_a_value_that_is_too_long_fails_the_job(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in.csv").write_text("age,ward\n1," + "x" * (limits.MOST_CELL + 1) + "\n")
    assert "line 2" in failed(database, tmp_path / "in.csv", tmp_path / "out.csv")


@pytest.mark.parametrize("name", ["in.csv.gz", "in.ndjson.gz"])
def test_a_packed_line_without_end_is_not_unpacked(database: Database, tmp_path: Path, name: str) -> None:
    with gzip.open(tmp_path / name, "wb") as file:
        for _ in range(64):
            file.write(b"0" * 1024 * 1024)
    assert "is longer than" in failed(database, tmp_path / name, tmp_path / "out.csv")


def test_a_million_columns_fail_the_job(database: Database, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(",".join(map(str, range(500_000))) + "\n")
    assert "500,000 columns" in failed(database, tmp_path / "in.csv", tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("in.csv", b"age,ward\n1,\xff\n"),
        ("in.csv", b"age,age\n1,2\n"),
        ("in.csv", b""),
        ("in.ndjson", b'{"age": "\xff"}\n'),
        ("in.csv.gz", b"age,ward\n"),
        ("in.csv.gz", gzip.compress(b"age,ward\n1,east\n", mtime=0)[:-9]),
        ("in.csv.gz", gzip.compress(b"age,ward\n1,east\n", mtime=0)[:10] + b"\xff" * 9),
        ("in.parquet", b"PAR1 and nothing else"),
        ("in.parquet", b""),
    ],
)
def test_what_is_no_such_file_fails_with_a_sentence(
    database: Database, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    assert "in." in failed(database, tmp_path / name, tmp_path / "out.csv")


def test_a_file_that_is_not_there_fails_with_a_sentence(database: Database, tmp_path: Path) -> None:
    assert "in.csv" in failed(database, tmp_path / "in.csv", tmp_path / "out.csv")


def test_rows_that_change_meanwhile_are_not_mixed(database: Database, tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"age": [1.0, 2.0], "ward": ["east", "west"]}), source)
    made = ask(database, source, tmp_path / "out.csv", chunk_rows=1)
    assert made.job is not None
    from flyball.batches.work import job

    run = claimed(made.job)
    plan = job._planned(run, made)
    pq.write_table(pa.table({"age": [1.0, 2.0, 3.0], "ward": ["east", "west", "west"]}), source)
    with pytest.raises(Exception, match="has changed"):
        job._answer(run, made, plan)
