"""Kills, records and hostile files: finished chunks stay, nothing is answered twice, and the job says why."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flyball.batches.models import BatchChunk
from flyball.batches.reading import limits
from flyball.batches.reading.rows import planned
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


def test_a_packed_row_without_end_is_not_unpacked(database: Database, tmp_path: Path) -> None:
    with gzip.open(tmp_path / "in.csv.gz", "wb") as file:
        file.write(b"age,ward\n")
        for _ in range(64):
            file.write(b'"\n",' * 200_000)  # one row of CSV, in short lines
    assert "its row is longer than" in failed(database, tmp_path / "in.csv.gz", tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("name", "head", "line"),
    [
        ("in.csv.gz", b"age,ward\n", b"12,east\n"),
        ("in.ndjson.gz", b"", b'{"age": 12}\n'),
        ("in.jsonl.gz", b"", b"\n"),
    ],
)
def test_a_packed_file_holds_so_much_and_no_more(
    database: Database, tmp_path: Path, settings: Any, name: str, head: bytes, line: bytes
) -> None:
    data = head + line * 50_000
    settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, batch_unpacked_bytes=len(data) - 1)
    (tmp_path / name).write_bytes(gzip.compress(data))
    said = failed(database, tmp_path / name, tmp_path / "out.csv")
    assert f"{name} holds more than {len(data) - 1:,} bytes" in said
    assert "FLYBALL_BATCH_UNPACKED_BYTES" in said
    settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, batch_unpacked_bytes=len(data))
    assert planned(str(tmp_path / name), tmp_path / "copy", print, len(data)).rows in (0, 50_000)


def test_a_file_that_is_not_packed_is_as_large_as_it_is(
    database: Database, tmp_path: Path, settings: Any
) -> None:
    settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, batch_unpacked_bytes=1)
    (tmp_path / "in.csv").write_text("age,ward\n12,east\n")
    assert done(ask(database, tmp_path / "in.csv", tmp_path / "out.csv")).status == "succeeded"


def test_empty_values_of_a_wide_table_are_held_as_few_as_others(tmp_path: Path) -> None:
    columns = 10_000
    head = ",".join(map(str, range(columns)))
    with gzip.open(tmp_path / "in.csv.gz", "wt") as file:
        file.write(f"{head}\n")
        file.write(("," * (columns - 1) + "\n") * 1000)
    planned(str(tmp_path / "in.csv.gz"), tmp_path / "copy", print)
    with pq.ParquetFile(tmp_path / "copy") as copy:
        assert copy.metadata.num_rows == 1000
        assert copy.metadata.row_group(0).num_rows * columns <= limits.MOST_CELLS


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
