"""Files that are sent here for a batch: kept whole or not at all, answered, and erased."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from asgiref.sync import async_to_sync
from django.db import connections
from django.test import AsyncClient, Client
from django.urls import resolve

from flyball.batches.models import Batch, Upload
from flyball.batches.uploads import cleaning, receiving
from flyball.batches.uploads.folders import folder_of, rows_of
from flyball.control.declarations import selectors as endpoints
from flyball.control.jobs import services as jobs
from flyball.control.registry.models import Version
from flyball.domain.errors import BodyTooLarge, BodyTooSlow, Conflict, FlyballError, MalformedBody, NoRoom
from flyball.domain.records import now
from flyball.stores.database import Database
from tests.api.conftest import Ask
from tests.batches.world import done
from tests.published import publish

pytestmark = pytest.mark.storage
UPLOADS = "endpoints/triage/uploads"
BATCHES = "endpoints/triage/batches"
ROWS = b"id,age,ward\na,80,east\nb,no,west\nc,12,west\n"


@pytest.fixture
def place(database: Database, keys: dict[str, str], tmp_path: Path, settings: Any) -> Path:
    """The folder of all uploads; ``triage`` is the lending team's."""
    publish(database, team="lending")
    changed = {"batch_upload_folder": str(tmp_path / "here" / "uploads")}
    settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, **changed)
    return tmp_path / "here" / "uploads"


def change(settings: Any, **values: Any) -> None:
    """Other settings from here on."""
    settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, **values)


def sent(ask: Ask, name: str = "people.csv", content: bytes = ROWS) -> int:
    """The number of a file that was sent."""
    answer = ask("owner", "PUT", f"{UPLOADS}/{quote(name, safe='')}", content)
    assert answer.status_code == 201, answer.content
    return int(answer.json()["number"])


def left(place: Path) -> list[str]:
    """What lies in the folder of all uploads."""
    return sorted(str(path.relative_to(place)) for path in place.rglob("*")) if place.exists() else []


def test_a_file_is_sent_answered_and_fetched_and_its_rows_are_gone(ask: Ask, place: Path) -> None:
    answer = ask("owner", "PUT", f"{UPLOADS}/people.csv", ROWS)
    document = answer.json()
    assert (answer.status_code, document["name"], document["bytes"]) == (201, "people.csv", len(ROWS))
    upload = Upload.objects.get(pk=document["number"])
    assert rows_of(upload).read_bytes() == ROWS
    assert place.stat().st_mode & 0o077 == 0, "nobody else looks into it"
    wanted = {"upload": upload.pk, "format": "ndjson", "keep": ["id"]}
    batch = ask("owner", "POST", BATCHES, wanted).json()
    assert (batch["source"], batch["out"], batch["upload"]) == ("people.csv", "answers.ndjson", upload.pk)
    assert str(place) not in str(batch), "a path of this server is nobody's business"
    job = done(Batch.objects.get())
    assert job.status == "succeeded", job.error
    fetched = ask("member", "GET", f"{BATCHES}/{batch['number']}/answers")
    assert [b'"id":"a"' in line for line in fetched.getvalue().splitlines()] == [True, False]
    rejects = ask("member", "GET", f"{BATCHES}/{batch['number']}/rejects").getvalue()
    assert rejects.startswith(b"row,field,code,reason\r\n2,age,")
    assert left(folder_of(upload.key)) == ["answers.ndjson", "answers.rejects.csv"]
    again = ask("owner", "POST", BATCHES, {"upload": upload.pk})
    assert (again.status_code, "Send the file again" in again.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    "name",
    [
        "people.csv",
        "../../../people.csv",
        "..csv",
        ".csv",
        "CON.CSV",
        "-rf.csv",
        "ü\n\x1b[31m;.csv",
        "a%2Fb.csv",
    ],
)
def test_a_name_never_becomes_a_path(ask: Ask, place: Path, name: str) -> None:
    answer = ask("owner", "PUT", f"{UPLOADS}/{quote(name, safe='')}", ROWS)
    if "/" in name:  # a server decodes it: no path of ours
        assert answer.status_code == 404
        assert left(place) == []
        return
    assert (answer.status_code, answer.json()["name"]) == (201, name)
    key = Upload.objects.get().key
    assert left(place) == [key, f"{key}/rows.csv"]


@pytest.mark.parametrize("name", ["people", "a.exe", "a.csv.zip", "a.parquet.gz", "x" * 252 + ".csv"])
def test_a_name_that_tells_no_format_or_is_too_long_is_refused(ask: Ask, place: Path, name: str) -> None:
    answer = ask("owner", "PUT", f"{UPLOADS}/{name}", ROWS)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/name")
    assert (left(place), Upload.objects.count()) == ([], 0)


@pytest.mark.parametrize("who", ["viewer", "member", "caller", "stranger", "elsewhere", "fb_wrong", None])
def test_only_an_owner_of_the_team_may_send_or_erase(ask: Ask, place: Path, who: str | None) -> None:
    number = sent(ask)
    kept = left(place)
    assert ask(who, "PUT", f"{UPLOADS}/more.csv", ROWS).status_code in {401, 403, 404}
    assert ask(who, "DELETE", f"{UPLOADS}/{number}").status_code in {401, 403, 404}
    assert left(place) == kept


def test_an_upload_is_its_endpoints_alone(ask: Ask, place: Path, database: Database) -> None:
    number = sent(ask)
    publish(database, endpoint="other", team="lending")
    assert ask("owner", "POST", "endpoints/other/batches", {"upload": number}).status_code == 404
    assert ask("owner", "DELETE", f"endpoints/other/uploads/{number}").status_code == 404
    assert ask("owner", "POST", BATCHES, {"upload": number + 1}).status_code == 404
    assert not Batch.objects.exists()


def test_the_file_of_an_upload_is_named_by_its_number_alone(ask: Ask, place: Path, settings: Any) -> None:
    change(settings, batch_folders=(str(place.parent),))
    sent(ask)
    rows = rows_of(Upload.objects.get())
    for source, out in ((rows, place.parent / "out.csv"), (place.parent / "in.csv", rows)):
        answer = ask("owner", "POST", BATCHES, {"source": str(source), "out": str(out)})
        assert answer.status_code == 422, "it may be another team's"
    assert not Batch.objects.exists()


def test_nothing_is_sent_to_an_endpoint_that_could_not_answer_it(
    ask: Ask, place: Path, version: Version
) -> None:
    answer = ask("owner", "PUT", "endpoints/purchase/uploads/people.csv", ROWS)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert left(place) == []


def test_a_guest_without_the_guard_takes_files_too(keys: dict[str, str], place: Path) -> None:
    own = {"Authorization": f"Bearer {keys['owner']}"}
    put = async_to_sync(AsyncClient().put)
    answer = put(f"/api/{UPLOADS}/people.csv", ROWS, content_type="text/csv", headers=own)
    assert (answer.status_code, answer.json()["bytes"]) == (201, len(ROWS))


def test_no_transaction_is_open_while_a_file_arrives() -> None:
    view = resolve(f"/api/{UPLOADS}/people.csv").func
    assert set(connections) <= getattr(view, "_non_atomic_requests", set())


def test_a_form_and_an_empty_file_are_refused(ask: Ask, keys: dict[str, str], place: Path) -> None:
    form = Client(headers={"Authorization": f"Bearer {keys['owner']}"}).put(
        f"/api/{UPLOADS}/people.csv", ROWS, content_type="multipart/form-data; boundary=x"
    )
    assert form.status_code == 415
    empty = ask("owner", "PUT", f"{UPLOADS}/people.csv", b"")
    assert (empty.status_code, empty.json()["errors"][0]["detail"]) == (422, "The file is empty.")
    assert left(place) == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/source"),
        ({"source": "/data/in.csv"}, "/out"),
        ({"upload": 1, "source": "/data/in.csv"}, "/source"),
        ({"upload": 1, "out": "/data/out.csv"}, "/out"),
        ({"source": "/data/in.csv", "out": "/data/out.csv", "format": "csv"}, "/format"),
        ({"upload": "1"}, "/upload"),
        ({"upload": 1, "format": "xml"}, "/format"),
        ({"upload": 1, "format": "../../x.csv"}, "/format"),
        ({"upload": 1, "format": "parquet.gz"}, "/format"),
        ({"upload": 1, "format": ".csv"}, "/format"),
    ],
)
def test_two_paths_are_named_or_an_upload(ask: Ask, place: Path, body: dict[str, Any], pointer: str) -> None:
    if body.get("upload") == 1:
        body["upload"] = sent(ask)
    answer = ask("owner", "POST", BATCHES, body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.content
    assert not Batch.objects.exists()


def test_one_batch_of_an_upload_is_answered_at_a_time(ask: Ask, place: Path) -> None:
    number = sent(ask)
    first = ask("owner", "POST", BATCHES, {"upload": number, "max_rejects": 0}).json()
    assert ask("owner", "POST", BATCHES, {"upload": number, "max_rejects": 0}).json() == first
    assert ask("owner", "POST", BATCHES, {"upload": number}).json()["code"] == "conflict"
    assert ask("owner", "DELETE", f"{UPLOADS}/{number}").json()["code"] == "conflict"
    failed = done(Batch.objects.get())
    assert failed.error == "1 rows do not fit; at most 0 may.", "and no path of this server"
    second = ask("owner", "POST", BATCHES, {"upload": number}).json()
    assert second["number"] != first["number"], "one that failed is in nobody's way"
    assert done(Batch.objects.get(pk=second["number"])).status == "succeeded"
    assert ask("owner", "DELETE", f"{UPLOADS}/{number}").status_code == 204
    assert left(place) == []
    gone = ask("member", "GET", f"{BATCHES}/{second['number']}/answers")
    assert gone.json()["code"] == "not_found"
    jobs.retry(job=failed)
    assert done(Batch.objects.get(pk=first["number"])).error.startswith("The upload of the batch is erased")


def test_a_batch_whose_process_ended_before_its_last_word_needs_its_rows_no_more(
    ask: Ask, place: Path
) -> None:
    ask("owner", "POST", BATCHES, {"upload": sent(ask)})
    batch = Batch.objects.select_related("upload").get()
    assert done(batch).status == "succeeded"
    # As it was when all was written, and the rows had gone already.
    Batch.objects.filter(pk=batch.pk).update(done_at=None)
    batch.refresh_from_db()
    assert batch.job is not None
    type(batch.job).objects.filter(pk=batch.job.pk).update(status="failed")
    batch.refresh_from_db()
    assert batch.job is not None
    jobs.retry(job=batch.job)
    batch.refresh_from_db()
    job = done(batch)
    assert job.status == "succeeded", job.error


def test_where_the_worker_has_another_folder_it_says_so(ask: Ask, place: Path) -> None:
    number = sent(ask)
    ask("owner", "POST", BATCHES, {"upload": number})
    rows_of(Upload.objects.get()).unlink()
    assert "workers need the same folder" in done(Batch.objects.get()).error


def received(*parts: bytes, announced: int | None = None, failing: BaseException | None = None) -> Upload:
    """A file that arrives in parts, and breaks off where something fails."""

    def arriving() -> Iterator[bytes]:
        yield from parts
        if failing is not None:
            raise failing

    endpoint = endpoints.endpoint("triage")
    return receiving.receive(endpoint=endpoint, name="people.csv", parts=arriving(), announced=announced)


@pytest.mark.parametrize("failing", [MalformedBody(), BodyTooSlow(), KeyboardInterrupt(), OSError(5, "I/O")])
def test_what_breaks_off_leaves_nothing(place: Path, failing: BaseException) -> None:
    with pytest.raises(type(failing)):
        received(ROWS, ROWS, failing=failing)
    assert (left(place), Upload.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("parts", "announced", "error"),
    [
        ((b"12345", b"123456"), None, BodyTooLarge),
        ((), 11, BodyTooLarge),
        ((b"12345",), 6, MalformedBody),
        ((b"12345",), 4, MalformedBody),
    ],
)
def test_more_than_is_allowed_or_other_than_was_announced_leaves_nothing(
    place: Path, settings: Any, parts: tuple[bytes, ...], announced: int | None, error: type[FlyballError]
) -> None:
    change(settings, batch_upload_bytes=10)
    with pytest.raises(error):
        received(*parts, announced=announced)
    assert (left(place), Upload.objects.count()) == ([], 0)
    assert received(b"1234567890", announced=10).bytes == 10


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """The system lets no file of this process grow beyond ``size`` (bytes)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_disk_that_takes_no_more_leaves_nothing(place: Path) -> None:
    with no_file_over(100_000), pytest.raises(NoRoom):
        received(b"x" * 90_000, b"x" * 90_000)
    assert (left(place), Upload.objects.count()) == ([], 0)


def test_what_the_disk_has_no_room_for_is_not_begun(place: Path, settings: Any) -> None:
    free = os.statvfs("/").f_bavail * os.statvfs("/").f_frsize
    change(settings, batch_upload_bytes=10**18)

    def read() -> Iterator[bytes]:
        raise AssertionError("nothing of it is read")
        yield b""

    with pytest.raises(NoRoom):
        receiving.receive(endpoint=endpoints.endpoint("triage"), name="a.csv", parts=read(), announced=10**15)
    assert free < 10**15
    assert left(place) == []


def test_so_many_files_wait_for_their_answers(place: Path) -> None:
    for _ in range(receiving.MOST_WAITING):
        received(ROWS)
    with pytest.raises(Conflict):
        received(ROWS)
    some = Upload.objects.earliest("pk")
    cleaning.forget(some)
    assert received(ROWS).pk != some.pk


def test_what_nobody_asked_for_is_erased_after_some_days_and_what_waits_is_not(ask: Ask, place: Path) -> None:
    old, asked, new = sent(ask), sent(ask), sent(ask)
    ask("owner", "POST", BATCHES, {"upload": asked})
    Upload.objects.exclude(pk=new).update(uploaded_at=now() - timedelta(days=8))
    assert old in [each["number"] for each in ask("viewer", "GET", UPLOADS).json()["uploads"]]
    assert cleaning.clean() == 1
    assert [each["number"] for each in ask("viewer", "GET", UPLOADS).json()["uploads"]] == [new, asked]
    assert done(Batch.objects.get()).status == "succeeded"
    sent(ask)  # the next one cleans up too
    assert not Upload.objects.filter(pk=asked).exists()
    assert {path.name for path in place.iterdir()} == set(Upload.objects.values_list("key", flat=True))


def test_what_a_kill_has_left_is_erased_and_what_is_not_ours_stays(place: Path) -> None:
    kept = received(ROWS)
    hours = {
        f".{'a' * 32}": 2,  # arrived half
        f".{'b' * 32}": 0,  # arrives
        "c" * 32: 24 * 8,  # has no row
        "d" * 32: 24 * 6,  # has one, in another database maybe
        "reports": 24 * 365,
    }
    for name, age in hours.items():
        (place / name).mkdir()
        (place / name / "rows.csv").write_bytes(ROWS)
        for each in (place / name / "rows.csv", place / name):
            os.utime(each, (time.time() - age * 3600,) * 2)
    cleaning.clean()
    assert {path.name for path in place.iterdir()} == {kept.key, f".{'b' * 32}", "d" * 32, "reports"}
