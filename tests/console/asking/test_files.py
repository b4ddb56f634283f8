"""A file: uploaded, its columns told and remembered, answered by a job, taken along."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from flyball import inprocess
from flyball.control.asking import services
from flyball.control.asking.models import KnownColumns, Upload, UploadAnswers, UploadPart
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Version
from flyball.control.routing.models import Prediction
from flyball.domain.access import Principal
from flyball.domain.errors import Overloaded
from flyball.domain.records import now
from tests.console.conftest import Browser
from tests.jobs.workers import carried_out

pytestmark = pytest.mark.storage
FILES = "/ask/purchase/files"
ROWS = "years,trade,loan\n50,cook,L-1\nold,cook,L-2\n30,pilot,=L-3\n31,clerk,\n"
COLUMNS = {"column.0": "input.age", "column.1": "input.job", "column.2": "reference"}


@pytest.fixture
def caller(browser: Browser, promoted: Version) -> Client:
    """Somebody who may ask, and reads nothing else."""
    return browser("caller")


def upload(client: Client, content: str | bytes, name: str = "rows.csv") -> str:
    """Send a file; the address of its page."""
    sent = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
    answer = client.post(FILES, {"file": sent})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return " ".join(answer.getvalue().decode().split())


def start(client: Client, address: str, **more: Any) -> Job:
    assert client.post(address, {**COLUMNS, "act": "start", **more}).status_code == 302
    return Job.objects.get(kind="answer_file", status="queued")


def table(client: Client, address: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(client.get(address).getvalue().decode())))


def test_a_file_with_other_names_is_answered_and_its_columns_are_remembered(caller: Client) -> None:
    address = upload(caller, ROWS)
    page = text(caller, address)
    assert "Still without a column: Age, Job" in page
    assert caller.post(address, {**COLUMNS, "act": "look"}).status_code == 302
    page = text(caller, address)
    assert "This should be a whole number." in page
    assert not Prediction.objects.exists()

    assert carried_out(start(caller, address)).status == "succeeded"
    assert "Download the answers" in text(caller, address)
    answers, rejects = table(caller, f"{address}/answers.csv"), table(caller, f"{address}/rejects.csv")
    assert answers[0][:4] == ["row", "reference", "age", "job"]
    assert [line[:4] for line in answers[1:]] == [
        ["1", "L-1", "50", "cook"],
        ["3", "'=L-3", "30", "pilot"],
        ["4", "", "31", "clerk"],
    ]
    assert {line[4] for line in answers[1:]} <= {"yes", "no"}
    assert rejects == [["row", "field", "reason"], ["2", "Age", "This should be a whole number."]]
    assert Prediction.objects.count() == 3
    assert not UploadPart.objects.exists()

    again = upload(caller, ROWS)
    assert "Still without a column" not in text(caller, again)


def test_a_file_is_its_owners_alone(caller: Client, browser: Browser) -> None:
    address = upload(caller, ROWS)
    start(caller, address)
    other = browser("owner")
    for place in (address, f"{address}/answers.csv", f"{address}/rejects.csv"):
        assert other.get(place).status_code == 404
    assert other.post(address, {"act": "forget"}).status_code == 404
    assert "rows.csv" not in text(other, FILES)
    assert "rows.csv" in text(caller, FILES)


def test_what_was_erased_is_in_no_file_any_more(caller: Client) -> None:
    address = upload(caller, ROWS)
    carried_out(start(caller, address))
    erased = Prediction.objects.get(reference="L-1")
    inprocess.erase(Principal(team="lending", role="owner"), erased.pk)
    assert table(caller, f"{address}/answers.csv")[1][:4] == ["1", "", "", ""]


def test_an_attempt_that_was_cut_off_goes_on_and_asks_no_row_twice(
    caller: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = upload(caller, "age,job\n" + "".join(f"{20 + number % 40},cook\n" for number in range(1200)))
    places = {"column.0": "input.age", "column.1": "input.job"}
    assert caller.post(address, {**places, "act": "start"}).status_code == 302
    keep = services.keep
    cut: list[int] = []

    def failing(**values: Any) -> None:
        if values["number"] == 1 and not cut:
            cut.append(1)
            raise Overloaded
        keep(**values)

    monkeypatch.setattr(services, "keep", failing)
    job = carried_out(Job.objects.get(kind="answer_file"))
    assert (job.status, UploadAnswers.objects.count()) == ("queued", 1)
    Job.objects.update(due_at=now())
    job = carried_out(job)
    assert job.result["answered"] == 1200
    assert Prediction.objects.count() == 1200


def test_parts_arrive_in_order_once_and_within_bounds(caller: Client) -> None:
    begun = caller.post(FILES, {"name": "a.csv", "size": "12"}).json()
    part = f"{begun['address']}/parts?place="

    def send(place: Any, content: bytes) -> int:
        answer = caller.post(f"{part}{place}", content, content_type="application/octet-stream")
        return answer.status_code

    assert send(3, b"late") == 409
    assert send(0, b"age,job") == 200
    assert send(0, b"age,job") == 200
    assert "Not all of this file has arrived" in text(caller, begun["address"])
    assert caller.post(begun["address"], {"act": "start"}).status_code == 409
    assert send(7, b"\n50,cook,more") == 413
    assert send("x", b"") == 422
    assert send(7, b"\n50,c") == 200
    assert bytes(b"".join(bytes(each.content) for each in UploadPart.objects.all())) == b"age,job\n50,c"


@pytest.mark.parametrize("size", ["0", "", "-1", str(2**40), "9" * 5000])
def test_a_file_of_no_size_or_too_large_is_refused(caller: Client, size: str) -> None:
    assert caller.post(FILES, {"name": "a.csv", "size": size}).status_code in {413, 422}
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "encoded otherwise"),
        (b"age,age\n1,2\n", "name each column once"),
        (b"age,,job\n1,2,3\n", "name each column once"),
        (b'"' + b"x" * 140_000, "name each column once"),
        (b"\x00\x00\n\x00", "name each column once"),
        ("age;job;Größe\n1,5;cook;ä\n".encode("cp1252"), "encoded otherwise"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_is_not_started(
    caller: Client, content: bytes, said: str
) -> None:
    address = upload(caller, content)
    assert said in text(caller, address)
    caller.post(address, {**COLUMNS, "act": "start"})
    assert not Job.objects.exists()


def test_an_old_encoding_and_decimal_commas_are_told_by_who_knows(caller: Client) -> None:
    address = upload(caller, "Alter;Beruf\n50,0;cook\n31,0;köchin\n".encode("cp1252"))
    places = {"column.0": "input.age", "column.1": "input.job", "encoding": "cp1252"}
    caller.post(address, {**places, "act": "start"})
    assert not Job.objects.exists()
    assert "What does the comma mean?" in text(caller, address)
    caller.post(address, {**places, "act": "start", "decimal": "comma"})
    assert carried_out(Job.objects.get()).result["answered"] == 2
    assert {(each.input or {})["job"] for each in Prediction.objects.all()} == {"cook", "köchin"}


def test_a_file_that_is_forgotten_leaves_its_predictions(caller: Client) -> None:
    address = upload(caller, ROWS)
    job = start(caller, address)
    assert caller.post(address, {"act": "forget"}).status_code == 409
    carried_out(job)
    assert caller.post(address, {"act": "forget"})["Location"] == FILES
    assert not Upload.objects.exists()
    assert Prediction.objects.count() == 3
    assert KnownColumns.objects.count() == 1


def test_a_file_that_is_cancelled_leaves_no_bytes(caller: Client) -> None:
    address = upload(caller, ROWS)
    start(caller, address)
    caller.post(address, {"act": "cancel"})
    assert Job.objects.get().status == "cancelled"
    assert "cancelled" in text(caller, address)
    assert not UploadPart.objects.exists()


def test_more_rows_than_a_file_may_have_are_told_before_any_is_answered(
    caller: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flyball.console.asking.files.MOST_ROWS", 3)
    job = carried_out(start(caller, upload(caller, ROWS)))
    assert (job.status, job.error_code) == ("failed", "data")
    assert not Prediction.objects.exists()
    assert not UploadPart.objects.exists()
