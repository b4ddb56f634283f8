"""Files in buckets of S3-compatible storage: rows come out, and answers go in, whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import s3fs

from flyball import Batch as DeclaredBatch
from flyball import Rows
from flyball.batches import buckets
from flyball.batches.declared import out_of
from flyball.batches.models import Batch
from flyball.batches.options import Options
from flyball.batches.places import work_folder
from flyball.batches.services import ask_batch
from flyball.config import load
from flyball.control.jobs import services
from flyball.control.jobs.models import Job
from flyball.domain.errors import DataError, InvalidInput
from flyball.stores.database import Database
from tests.batches.world import done
from tests.published import publish

pytestmark = pytest.mark.storage
SECRET = "a-secret-that-nobody-may-read"
ROWS = b"id,age,ward\na,80,east\nb,no,west\nc,12,west\n"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that speaks S3's protocol."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(
    server: str, database: Database, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> Any:
    """An empty bucket ``data``, as its client has it; the endpoint ``triage`` is published."""
    import boto3

    publish(database)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "us")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, home=tmp_path / "home")
    s3fs.S3FileSystem.clear_instance_cache()
    made = boto3.resource("s3").Bucket("data")
    made.create()
    yield made
    made.objects.all().delete()
    made.delete()


def answered(source: str, out: str, **options: Any) -> Job:
    """The job of a batch that was carried out here."""
    return done(ask_batch(endpoint="triage", source=source, out=out, options=Options(**options)))


def names(bucket: Any) -> list[str]:
    """What is in it."""
    return sorted(each.key for each in bucket.objects.all())


def content(bucket: Any, name: str) -> bytes:
    """The bytes of an object."""
    found: bytes = bucket.Object(name).get()["Body"].read()
    return found


def begun(bucket: Any) -> list[Any]:
    """Uploads that were begun, and neither completed nor aborted."""
    return list(bucket.multipart_uploads.all())


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "ndjson"])
def test_text_comes_out_of_a_bucket_and_answers_and_rejects_go_in(bucket: Any, ending: str) -> None:
    rows = list(csv.DictReader(io.StringIO(ROWS.decode())))
    lines = "".join(
        f'{{"id": "{each["id"]}", "ward": "{each["ward"]}", "age": {each["age"]}}}\n' for each in rows
    )
    sent = {"csv": ROWS, "csv.gz": gzip.compress(ROWS), "ndjson": lines.replace("no", '"no"').encode()}[
        ending
    ]
    bucket.put_object(Key=f"in/people ü.{ending}", Body=sent)
    job = answered(f"s3://data/in/people ü.{ending}", "s3://data/out/answers.csv", keep=("id",), chunk_rows=2)
    assert job.status == "succeeded", job.error
    assert names(bucket) == [f"in/people ü.{ending}", "out/answers.csv", "out/answers.rejects.csv"]
    written = list(csv.DictReader(io.StringIO(content(bucket, "out/answers.csv").decode())))
    assert [each["id"] for each in written] == ["a", "c"]
    assert content(bucket, "out/answers.rejects.csv").startswith(b"row,field,code,reason\r\n2,age,")
    batch = Batch.objects.get()
    assert not work_folder(batch.out, batch.pk).exists()
    assert begun(bucket) == []


def test_the_same_rows_give_the_same_bytes_as_in_a_folder(bucket: Any, tmp_path: Path) -> None:
    table = pa.table({"age": [float(age % 100) for age in range(5000)], "ward": ["east", "west"] * 2500})
    pq.write_table(table, tmp_path / "in.parquet")
    bucket.upload_file(str(tmp_path / "in.parquet"), "in.parquet")
    here = answered(str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet"), chunk_rows=1000)
    there = answered("s3://data/in.parquet", "s3://data/out.parquet", chunk_rows=1000)
    assert (here.status, there.status) == ("succeeded", "succeeded"), there.error
    assert content(bucket, "out.parquet") == (tmp_path / "out.parquet").read_bytes()
    assert content(bucket, "out.rejects.csv") == (tmp_path / "out.rejects.csv").read_bytes()


def test_one_side_may_be_a_folder(bucket: Any, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(ROWS)
    rejects = str(tmp_path / "not.csv")
    assert (
        answered(str(tmp_path / "in.csv"), "s3://data/out.ndjson.gz", rejects=rejects).status == "succeeded"
    )
    assert gzip.decompress(content(bucket, "out.ndjson.gz")).count(b"\n") == 2
    assert (tmp_path / "not.csv").exists()
    back = answered("s3://data/out.ndjson.gz", str(tmp_path / "out.csv"), keep=("id",))
    assert (back.status, back.result["rows"]) == ("succeeded", 2)
    assert names(bucket) == ["out.ndjson.gz"]


def test_an_object_of_several_parts_is_read_and_written(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "BLOCK", 5 * 1024 * 1024)  # the least that a part may have
    with buckets.writing("s3://data/large.bin") as file:
        for number in range(13):
            file.write(bytes([number]) * 1024 * 1024)
    with buckets.reading("s3://data/large.bin") as file:
        found = b"".join(iter(lambda: file.read(1_000_000), b""))
    assert found == b"".join(bytes([number]) * 1024 * 1024 for number in range(13))
    assert "-3" in bucket.Object("large.bin").e_tag, "of three parts"


def test_an_object_that_changes_while_it_is_read_is_refused(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "BLOCK", 1024 * 1024)
    bucket.put_object(Key="in.csv", Body=b"a" * 8_000_000)
    with pytest.raises(DataError, match=r"in\.csv has changed"):
        read_while_it_changes(bucket)


def test_finished_chunks_wait_in_the_home_for_the_next_attempt(bucket: Any, settings: Any) -> None:
    bucket.put_object(Key="in.csv", Body=ROWS)
    job = answered("s3://data/in.csv", "s3://data/out.csv", keep=("id",), chunk_rows=1, max_rejects=0)
    assert "1 rows do not fit" in job.error
    batch = Batch.objects.get()
    assert settings.FLYBALL.home in work_folder(batch.out, batch.pk).parents
    assert settings.FLYBALL.home.stat().st_mode & 0o077 == 0, "nobody else looks into it"
    assert (names(bucket), begun(bucket)) == (["in.csv"], [])
    bucket.Object("in.csv").delete()  # nothing is read again
    batch.options["max_rejects"] = 1
    batch.save()
    services.retry(job=job)
    batch.refresh_from_db()
    assert done(batch).status == "succeeded"
    assert content(bucket, "out.csv").count(b"\n") == 3
    assert not work_folder(batch.out, batch.pk).exists()


def test_answers_of_a_declared_batch_may_have_a_place_in_a_bucket() -> None:
    rows, moment = Rows("people.csv"), datetime(2026, 11, 30, tzinfo=UTC)
    for out in ("s3://data/{date}/answers.csv", "answers-{date}.csv"):
        found = out_of(DeclaredBatch("all", rows=rows, out=out), moment)
        assert found.startswith("s3://data/2026-11-30/" if "s3" in out else "/")


def read_while_it_changes(bucket: Any) -> None:
    """Read an object; another one takes its place meanwhile."""
    with buckets.reading("s3://data/in.csv") as file:
        file.read(1000)
        bucket.put_object(Key="in.csv", Body=b"b" * 8_000_000)
        while file.read(1_000_000):
            pass


def write_and_fail(bucket: Any, failing: type[BaseException]) -> None:
    """Write an object, of which a part is sent already."""
    with buckets.writing("s3://data/out.csv") as file:
        file.write(b"x" * 40_000_000)
        assert len(begun(bucket)) == 1
        raise failing


@pytest.mark.parametrize("failing", [RuntimeError, KeyboardInterrupt])
def test_what_is_not_written_whole_is_not_there(bucket: Any, failing: type[BaseException]) -> None:
    bucket.put_object(Key="out.csv", Body=b"before")
    with pytest.raises(failing):
        write_and_fail(bucket, failing)
    assert (content(bucket, "out.csv"), begun(bucket)) == (b"before", [])


def test_nothing_is_answered_where_the_answers_have_no_place(bucket: Any, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(ROWS)
    job = answered(str(tmp_path / "in.csv"), "s3://nowhere/out.csv")
    assert (job.error_code, job.error) == ("data", "There is no out.csv in its bucket, or no such bucket.")
    missing = answered("s3://data/in.csv", "s3://data/out.csv")
    assert missing.error == "There is no in.csv in its bucket, or no such bucket."
    assert (names(bucket), begun(bucket)) == ([], [])


def test_a_storage_that_is_away_is_told_without_what_opens_it(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    job = answered("s3://data/in.csv", "s3://data/out.csv")
    assert "cannot be asked (EndpointConnectionError)" in job.error
    monkeypatch.undo()
    kept = f"{job.error}{job.log}{Batch.objects.values_list('options', 'plan').get()}"
    assert SECRET not in kept


ODD = [
    "s3://us:password@data/in.csv",
    "s3://data/in.csv?versionId=1",
    "s3:///in.csv",
    "s3://data/",
    "S3://data/in.csv",
    "http://127.0.0.1/in.csv",
    "file:///etc/passwd.csv",
    "s3://data/a\nb.csv",
    "s3://data/answers.csv/",
]


def test_other_addresses_are_refused_and_never_repeated(database: Database) -> None:
    publish(database)
    fine = "s3://data/other.csv"
    for path in ODD:
        for source, out, rejects in ((path, fine, ""), (fine, path, ""), (fine, "/out.csv", path)):
            with pytest.raises(InvalidInput) as caught:
                ask_batch(endpoint="triage", source=source, out=out, options=Options(rejects=rejects))
            assert "password" not in str(caught.value)
    assert not Batch.objects.exists()


def test_no_bucket_is_a_folder_that_is_allowed_from_afar() -> None:
    with pytest.raises(ValueError, match="FLYBALL_BATCH_FOLDERS"):
        load({"FLYBALL_BATCH_FOLDERS": "s3://data/{team}"})
