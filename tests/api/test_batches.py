"""Batches asked for from afar: files of allowed folders, and of no other place."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from flyball.batches.models import Batch
from flyball.batches.services import ask_batch
from flyball.client import Client
from flyball.control.jobs import services as jobs
from flyball.control.jobs.models import Job
from flyball.domain.errors import Forbidden, NotFound
from flyball.stores.database import Database
from tests.api import served
from tests.api.conftest import Ask
from tests.batches.world import done, rows
from tests.jobs.workers import until
from tests.published import publish

pytestmark = pytest.mark.storage
BATCHES = "endpoints/triage/batches"
UPLOADS = "endpoints/triage/uploads"
Allow = Callable[..., None]


@pytest.fixture
def allow(settings: Any) -> Allow:
    """``allow(folder, …)``: these folders are open."""

    def allow(*folders: Path | str) -> None:
        named = tuple(map(str, folders))
        settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, batch_folders=named)

    return allow


@pytest.fixture
def data(database: Database, keys: dict[str, str], tmp_path: Path) -> Path:
    """A folder with ``in.csv``, beside another one with a secret; ``triage`` is the lending team's."""
    publish(database, team="lending")
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    for each in (folder, elsewhere):
        each.mkdir()
        (each / "in.csv").write_text("id,age,ward\na,80,east\nb,no,west\nc,12,west\n")
    return folder


def asked(source: Path | str, out: Path | str, **options: Any) -> dict[str, Any]:
    """What is sent."""
    return {"source": str(source), "out": str(out), **options}


def refused(answer: Any, pointer: str) -> None:
    """Nothing came of it, and the answer says no more than where."""
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), answer.content
    (problem,) = answer.json()["errors"]
    assert problem["pointer"] == pointer
    assert problem["detail"] == (
        "Expected a whole path in a folder that is allowed here (FLYBALL_BATCH_FOLDERS)."
    )
    assert not Batch.objects.exists()
    assert not Job.objects.exists()


def test_a_file_of_an_allowed_folder_is_answered(ask: Ask, data: Path, allow: Allow) -> None:
    allow(data)
    options = {"keep": ["id"], "reference": "id", "record": True, "chunk_rows": 2, "version": 1}
    answer = ask("owner", "POST", BATCHES, asked(data / "in.csv", data / "out.csv", **options))
    assert answer.status_code == 202, answer.content
    document = answer.json()
    assert (document["status"], document["rows"]) == ("queued", 0)
    job = done(Batch.objects.get())
    assert job.status == "succeeded", job.error
    found = ask("viewer", "GET", f"{BATCHES}/{document['number']}").json()
    counts = {"status": "succeeded", "rows": 3, "answered": 2, "rejected": 1}
    assert {name: found[name] for name in counts} == counts
    assert ask("viewer", "GET", BATCHES).json() == {"batches": [found]}
    written = rows(data / "out.csv")
    assert [each["id"] for each in written] == ["a", "c"]
    assert all(each["prediction"] for each in written)
    assert [each["row"] for each in rows(Path(found["rejects"]))] == ["2"]


def test_no_folder_is_allowed_at_first(ask: Ask, data: Path) -> None:
    refused(ask("owner", "POST", BATCHES, asked(data / "in.csv", data / "out.csv")), "/source")


@pytest.mark.parametrize(
    "path",
    [
        "{root}/elsewhere/in.csv",
        "{root}/elsewhere/nothing.csv",  # said alike, whether it is there or not
        "{data}/../elsewhere/in.csv",
        "{data}/link/in.csv",
        "{data}/linked.csv",
        "{data}/dangling.csv",
        "{data}/round.csv/../../elsewhere/in.csv",
        "{data}more/in.csv",
        "{data}/.hidden/in.csv",
        "{data}/.in.csv",
        "{data}",
        "in.csv",
        "",
        "~/in.csv",
        "file://{data}/in.csv",
        "/proc/self/cwd/in.csv",
    ],
)
@pytest.mark.parametrize("pointer", ["/source", "/out"])
def test_what_leads_out_of_the_folder_is_refused(
    ask: Ask, data: Path, allow: Allow, path: str, pointer: str
) -> None:
    allow(data)
    (data / "link").symlink_to(data.parent / "elsewhere")
    (data / "linked.csv").symlink_to(data.parent / "elsewhere" / "in.csv")
    (data / "dangling.csv").symlink_to(data.parent / "elsewhere" / "new.csv")
    (data / "round.csv").symlink_to(data / "round.csv")
    (data / ".hidden").mkdir()
    named = path.format(root=data.parent, data=data)
    sent = asked(named, data / "out.csv") if pointer == "/source" else asked(data / "in.csv", named)
    refused(ask("owner", "POST", BATCHES, sent), pointer)


def test_a_nul_ends_no_path(ask: Ask, data: Path, allow: Allow) -> None:
    allow(data)
    sent = asked(f"{data}/in.csv\x00.csv", data / "out.csv")
    assert ask("owner", "POST", BATCHES, sent).status_code == 422
    sent = asked(data / "in.csv", data / "out.csv", keep=["a\x00b"])
    assert ask("owner", "POST", BATCHES, sent).json()["errors"][0]["pointer"] == "/keep"
    assert not Batch.objects.exists()


def test_links_inside_the_folder_are_followed_and_an_allowed_folder_may_be_one(
    ask: Ask, data: Path, allow: Allow
) -> None:
    linked = data.parent / "as-named"
    linked.symlink_to(data)
    (data / "today.csv").symlink_to(data / "in.csv")
    allow(linked)
    answer = ask("owner", "POST", BATCHES, asked(linked / "today.csv", data / "out.parquet"))
    assert answer.status_code == 202, answer.content
    assert answer.json()["source"] == str(data / "in.csv")
    # By its name alone today's is another file; it is the same one.
    same = ask("owner", "POST", BATCHES, asked(data / "in.csv", linked / "today.csv"))
    assert same.json()["errors"][0]["detail"] == "Rows, answers and rejects are three files."


def test_a_team_has_a_folder_of_its_own(ask: Ask, data: Path, allow: Allow) -> None:
    allow(f"{data}/{{team}}")
    for team in ("lending", "sales"):
        (data / team).mkdir()
        (data / team / "in.csv").write_text("age,ward\n80,east\n")
    theirs = ask("owner", "POST", BATCHES, asked(data / "sales" / "in.csv", data / "lending" / "out.csv"))
    refused(theirs, "/source")
    own = ask("owner", "POST", BATCHES, asked(data / "lending" / "in.csv", data / "lending" / "out.csv"))
    assert own.status_code == 202


def test_a_link_that_comes_later_leads_nowhere(ask: Ask, data: Path, allow: Allow) -> None:
    allow(data)
    assert ask("owner", "POST", BATCHES, asked(data / "in.csv", data / "out.csv")).status_code == 202
    (data / "in.csv").unlink()
    (data / "in.csv").symlink_to(data.parent / "elsewhere" / "in.csv")
    job = done(Batch.objects.get())
    assert (job.status, job.error_code) == ("failed", "data")
    assert "in no folder that is allowed" in job.error
    assert sorted(path.name for path in data.iterdir()) == ["in.csv"]


def test_a_folder_that_is_allowed_no_more_is_not_read_when_its_batch_is_retried(
    ask: Ask, data: Path, allow: Allow
) -> None:
    allow(data)
    ask("owner", "POST", BATCHES, asked(data / "missing.csv", data / "out.csv"))
    made = Batch.objects.get()
    assert done(made).error == "There is no file missing.csv."
    (data / "missing.csv").write_text("age,ward\n80,east\n")
    allow()
    assert "in no folder that is allowed" in done(again(made)).error
    allow(data)
    assert done(again(made)).status == "succeeded"


def test_what_is_no_plain_file_is_not_waited_for(ask: Ask, data: Path, allow: Allow) -> None:
    allow(data)
    os.mkfifo(data / "pipe.csv")
    ask("owner", "POST", BATCHES, asked(data / "pipe.csv", data / "out.csv"))
    assert done(Batch.objects.get()).error == "There is no file pipe.csv."


def test_the_same_batch_is_asked_for_once_while_it_waits(ask: Ask, data: Path, allow: Allow) -> None:
    allow(data)
    sent = asked(data / "in.csv", data / "out.csv", record=True, keep=["id"], max_rejects=9)
    first = ask("owner", "POST", BATCHES, sent).json()
    assert ask("owner", "POST", BATCHES, sent).json() == first
    other = ask("owner", "POST", BATCHES, {**sent, "record": False}).json()
    assert other["number"] != first["number"]
    assert (Batch.objects.count(), Job.objects.count()) == (2, 2)
    done(Batch.objects.get(pk=first["number"]))
    assert ask("owner", "POST", BATCHES, sent).json()["number"] not in {first["number"], other["number"]}


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"chunk_rows": 0}, "/chunk_rows"),
        ({"max_rejects": -1}, "/max_rejects"),
        ({"keep": "id"}, "/keep"),
        ({"keep": [1]}, "/keep"),
        ({"record": "yes"}, "/record"),
        ({"rejects": "/etc/passwd"}, "/rejects"),
        ({"is_confined": False}, "/is_confined"),
    ],
)
def test_options_that_do_not_fit_are_told(
    ask: Ask, data: Path, allow: Allow, options: dict[str, Any], pointer: str
) -> None:
    allow(data)
    answer = ask("owner", "POST", BATCHES, asked(data / "in.csv", data / "out.csv", **options))
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert not Batch.objects.exists()


def test_a_name_that_tells_no_format_writes_nothing(ask: Ask, data: Path, allow: Allow) -> None:
    allow(data)
    (data / "settings.py").write_text("mine")
    answer = ask("owner", "POST", BATCHES, asked(data / "in.csv", data / "settings.py"))
    assert answer.json()["errors"][0]["code"] == "unknown_format"


@pytest.mark.parametrize("who", ["viewer", "member", "caller", "stranger", "elsewhere"])
def test_only_an_owner_of_the_team_may_ask(ask: Ask, data: Path, allow: Allow, who: str) -> None:
    allow(data)
    answer = ask(who, "POST", BATCHES, asked(data / "in.csv", data / "out.csv"))
    assert answer.status_code in {403, 404}
    assert not Batch.objects.exists()


def test_a_batch_of_another_endpoint_is_not_this_ones(
    ask: Ask, data: Path, database: Database, allow: Allow
) -> None:
    allow(data)
    number = ask("owner", "POST", BATCHES, asked(data / "in.csv", data / "out.csv")).json()["number"]
    publish(database, endpoint="other", team="lending")
    assert ask("owner", "GET", f"endpoints/other/batches/{number}").status_code == 404
    assert ask("stranger", "GET", f"{BATCHES}/{number}").status_code == 404


def content(answer: Any) -> bytes:
    """The bytes of a file that is answered."""
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def test_answers_and_rejects_are_fetched_once_they_are_there(ask: Ask, data: Path, allow: Allow) -> None:
    allow(data)
    (data / "in.csv").write_text("id,age,ward\n=1+1,80,east\nb,no,west\n")
    sent = asked(data / "in.csv", data / 'o"ut ü.csv', keep=["id"])
    place = f"{BATCHES}/{ask('owner', 'POST', BATCHES, sent).json()['number']}"
    assert ask("member", "GET", f"{place}/answers").json()["code"] == "not_found"
    done(Batch.objects.get())
    answer = ask("member", "GET", f"{place}/answers")
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "no-store")
    written = content(answer)
    assert written == (data / 'o"ut ü.csv').read_bytes()
    assert b"'=1+1" in written, "no spreadsheet computes it"
    assert content(ask("member", "GET", f"{place}/rejects")).startswith(b"row,field,code,reason\r\n2,age,")
    assert ask("viewer", "GET", f"{place}/answers").status_code == 403
    assert ask("stranger", "GET", f"{place}/answers").status_code == 404
    allow()
    assert ask("owner", "GET", f"{place}/answers").status_code == 404


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "nothing"])
def test_what_stands_in_the_place_of_answers_is_not_read(
    ask: Ask, data: Path, allow: Allow, kind: str
) -> None:
    allow(data)
    number = ask("owner", "POST", BATCHES, asked(data / "in.csv", data / "out.csv")).json()["number"]
    done(Batch.objects.get())
    out = data / "out.csv"
    out.unlink()
    if kind == "link":
        out.symlink_to(data.parent / "elsewhere" / "in.csv")
    elif kind == "pipe":
        os.mkfifo(out)
    elif kind == "folder":
        out.mkdir()
    assert ask("owner", "GET", f"{BATCHES}/{number}/answers").json()["code"] == "not_found"


def test_files_of_the_commands_batches_are_not_fetched(
    ask: Ask, data: Path, database: Database, allow: Allow
) -> None:
    allow(data)
    made = ask_batch(endpoint="triage", source=str(data / "in.csv"), out=str(data / "out.csv"))
    assert done(made).status == "succeeded"
    assert ask("owner", "GET", f"{BATCHES}/{made.pk}/answers").status_code == 404


def test_a_client_asks_sends_and_fetches_from_a_server(
    data: Path,
    keys: dict[str, str],
    database: Database,
    allow: Allow,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allow(data)
    uploads = data.parent / "uploads"
    settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, batch_upload_folder=str(uploads))
    monkeypatch.setenv("FLYBALL_BATCH_FOLDERS", str(data))
    monkeypatch.setenv("FLYBALL_BATCH_UPLOAD_FOLDER", str(uploads))
    (data / "in.csv").write_text("age,ward\n" + "80,east\nno,west\n" * 20_000)
    folder = served.project(data.parent, data / "rows.csv")
    target = data.parent / "mine.csv"
    with (
        served.serve("granian", folder, database) as url,
        Client(url, keys["owner"]) as client,
    ):
        made = client.batch("triage", str(data / "in.csv"), str(data / "out.csv"), keep=[])
        with pytest.raises(NotFound, match="not yet"):
            client.fetch_answers("triage", made["number"], target)
        assert not target.exists()
        done(Batch.objects.get())
        assert client.one_batch("triage", made["number"])["answered"] == 20_000
        client.fetch_answers("triage", made["number"], target)
        assert target.read_bytes() == (data / "out.csv").read_bytes()
        client.fetch_rejects("triage", made["number"], target)
        assert len(rows(target)) == 20_000
        sent = client.upload_batch("triage", data / "in.csv", format="csv", keep=[])
        done(Batch.objects.get(pk=sent["number"]))
        client.fetch_answers("triage", sent["number"], target)
        assert target.read_bytes() == (data / "out.csv").read_bytes()
        large = data / "large.csv"
        large.write_bytes(b"x" * 20_000_000)  # more than a connection holds that nobody reads
        with Client(url, keys["viewer"]) as viewer, pytest.raises(Forbidden):
            viewer.upload("triage", large)
        kept = sorted(uploads.iterdir())
        break_off(url, keys["owner"], uploads, len(kept) + 1)
        until(lambda: sorted(uploads.iterdir()) == kept)
    assert not target.with_name("mine.csv.part").exists()


def break_off(url: str, key: str, uploads: Path, folders: int) -> None:
    """Send half a file, and leave once it arrives in one more of the folders."""
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port or 80)) as connection:
        head = f"PUT /api/{UPLOADS}/half.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        connection.sendall(f"{head}Content-Length: 10000000\r\n\r\n".encode() + b"x" * 5_000_000)
        until(lambda: len(list(uploads.iterdir())) == folders)


def again(batch: Batch) -> Batch:
    """The same one, its failed job asked for again."""
    batch.refresh_from_db()
    assert batch.job is not None
    jobs.retry(job=batch.job)
    batch.refresh_from_db()
    return batch
