"""Batches that several workers share: kills and pauses at random moments, and nothing is different."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.batches.disturbing import Disturber

from flyball.batches.models import Batch
from flyball.batches.options import Options
from flyball.batches.places import is_marked, marked, work_folder
from flyball.batches.reading.rows import Plan, Rows, planned
from flyball.batches.services import HELP, PLENTY, ask_batch
from flyball.batches.work import helping, job
from flyball.batches.work.chunks import Chunks, _middle
from flyball.batches.work.doing import Doing
from flyball.control.jobs import running, services
from flyball.control.jobs.models import Job
from flyball.control.jobs.sharing import claims
from flyball.control.jobs.sharing.calling import Call
from flyball.control.jobs.sharing.claims import Claimant
from flyball.control.routing.models import Prediction
from flyball.stores.database import Database
from tests.batches.sleepy import TRUSTED, UNTIL, Sleepy
from tests.batches.world import ask, done, rows
from tests.jobs.workers import LEASE, carried_out, claimed, start
from tests.published import publish, store

pytestmark = [pytest.mark.storage, pytest.mark.journey]

SLEEPY = 2
CHUNK = 500
TWO = ("--concurrency", "2", "--queues", "batch")


def people(path: Path, number: int) -> Path:
    """So many rows, of which each 97th does not fit."""
    with path.open("w") as file:
        for row in range(number):
            age = "far" if row % 97 == 5 else row % 1210 / 10
            file.write(json.dumps({"id": f"r{row}", "age": age, "ward": ("east", "north")[row % 2]}) + "\n")
    return path


def asked(source: Path, out: Path, **options: Any) -> Batch:
    """A batch of the version that takes its time."""
    own = Options(chunk_rows=CHUNK, reference="id", **options)
    return ask_batch(endpoint="triage", source=str(source), out=str(out), version=SLEEPY, options=own)


def calm(source: Path, out: Path, settings: Any, **options: Any) -> None:
    """The same, undisturbed, in this process and without taking its time."""
    settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, trusted_types=(TRUSTED,))
    job = done(asked(source, out, **options))
    assert job.status == "succeeded", job.error


def disturbed(database: Database, batch: Batch, seed: int, *shots: str) -> Disturber:
    """A batch that two workers carry out, disturbed; it has to end well."""
    enough = Path(batch.source).with_name("enough")
    more = {"FLYBALL_TRUSTED_TYPES": TRUSTED, UNTIL: str(enough)}
    found = Disturber(batch, lambda: start(database, *TWO, **more), float(LEASE), seed, after=enough.touch)
    status = found.run(2, shots)
    assert batch.job is not None
    assert status == "succeeded", Job.objects.get(pk=batch.job.pk).error
    return found


def test_a_batch_whose_processes_are_killed_on_the_way_gives_the_same_bytes(
    database: Database, tmp_path: Path, settings: Any
) -> None:
    publish(database)
    store(database, version=SLEEPY, first=Sleepy)
    source = people(tmp_path / "in.ndjson", 48 * CHUNK)
    calm(source, tmp_path / "calm.csv.gz", settings)
    made = asked(source, tmp_path / "out.csv.gz")
    found = disturbed(database, made, 1, "helper", "lead")
    assert found.done == {"helper": 1, "lead": 1}
    assert (tmp_path / "out.csv.gz").read_bytes() == (tmp_path / "calm.csv.gz").read_bytes()
    assert (tmp_path / "out.rejects.csv").read_bytes() == (tmp_path / "calm.rejects.csv").read_bytes()
    assert not work_folder(made.out, made.pk).exists()


def test_a_worker_that_goes_on_after_its_claims_are_somebody_elses_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    publish(database)
    store(database, version=SLEEPY, first=Sleepy)
    source = people(tmp_path / "in.ndjson", 24 * CHUNK)
    found = disturbed(database, asked(source, tmp_path / "out.csv", record=True), 2, "pause")
    assert found.done["overtaken"] == 1
    answers = rows(tmp_path / "out.csv")
    assert [int(row["row"]) for row in answers] == [row + 1 for row in range(24 * CHUNK) if row % 97 != 5]
    stored = {str(key): name for key, name in Prediction.objects.values_list("pk", "reference")}
    assert stored == {row["prediction"]: row["id"] for row in answers}, "each is recorded once"


def begun(database: Database, folder: Path, rows_: int = 40, chunk: int = 4) -> tuple[running.Run, Batch]:
    """A batch whose rows are cut, and the attempt that has done so."""
    source = people(folder / "in.ndjson", rows_)
    made = ask(database, source, folder / "out.csv", chunk_rows=chunk)
    assert made.job is not None
    run = claimed(made.job)
    job._planned(run, made)
    return run, made


def test_a_helper_answers_all_that_is_left_and_the_lead_ends_it(database: Database, tmp_path: Path) -> None:
    assert (
        done(ask(database, people(tmp_path / "in.ndjson", 40), tmp_path / "calm.csv")).status == "succeeded"
    )
    run, made = begun(database, tmp_path)
    helper = services.ask(
        kind=HELP, team=made.endpoint.team, endpoint=made.endpoint, arguments={"batch": made.pk}
    )
    assert carried_out(helper).result == {"chunks": 10}
    assert set(made.chunks.values_list("claimant", flat=True)) == {f"job {helper.pk} 1"}
    assert job.carry_out(run, batch=made.pk) == {"rows": 40, "answered": 39, "rejected": 1}
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "calm.csv").read_bytes()


def test_a_helper_whose_folder_is_another_one_does_nothing_and_says_so(
    database: Database, tmp_path: Path
) -> None:
    _, made = begun(database, tmp_path)
    folder = work_folder(made.out, made.pk)
    for mark in folder.glob("mark-*"):
        mark.unlink()
    marked(folder)
    helper = services.ask(
        kind=HELP, team=made.endpoint.team, endpoint=made.endpoint, arguments={"batch": made.pk}
    )
    ended = carried_out(helper)
    assert (ended.status, ended.error_code) == ("failed", "data")
    assert "another machine" in ended.error
    assert not made.chunks.exclude(claimant="").exists()
    call = Call(helping.shared(made), since=0.0)
    call(10)
    assert not Job.objects.filter(kind=HELP, status="queued").exists(), "the next one would fail too"


def test_a_helper_is_asked_for_at_once_where_there_are_plenty_of_rows(
    database: Database, tmp_path: Path
) -> None:
    _, made = begun(database, tmp_path)
    plan = msgspec.convert(made.plan, Plan)
    helpers = helping.shared(made).helpers()
    job._call_early(made, msgspec.structs.replace(plan, rows=job.PLENTY - 1))
    assert not helpers.exists()
    job._call_early(made, msgspec.structs.replace(plan, rows=job.PLENTY))
    assert helpers.filter(status="queued").count() == 1


def test_a_helper_comes_with_a_large_file_and_goes_where_nobody_cuts_its_rows(
    database: Database, tmp_path: Path
) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"age": np.random.default_rng(0).random(PLENTY // 8)}), source)
    made = ask(database, source, tmp_path / "out.csv")
    helper = helping.shared(made).helpers().get()
    assert carried_out(helper).result == {"chunks": 0}
    small = ask(database, people(tmp_path / "in.ndjson", 4), tmp_path / "few.csv")
    assert not helping.shared(small).helpers().exists()


def test_a_helper_of_rows_that_were_cut_anew_leaves(database: Database, tmp_path: Path) -> None:
    run, made = begun(database, tmp_path)
    old = Batch.objects.get(pk=made.pk)
    folder = work_folder(made.out, made.pk)
    for mark in folder.glob("mark-*"):
        mark.unlink()
    job._planned(run, made)  # as an attempt on another machine does
    helper = services.ask(kind=HELP, team=made.endpoint.team, endpoint=made.endpoint, arguments={})
    with pytest.raises(helping.Left):
        helping._fence(claimed(helper), old)


def test_a_chunk_that_was_taken_over_meanwhile_is_not_kept_twice(database: Database, tmp_path: Path) -> None:
    _, made = begun(database, tmp_path)
    plan = msgspec.convert(made.plan, Plan)
    late = Chunks(made, Doing(made, plan), Claimant(name="job late 1", takes_over=False))
    lead = Chunks(made, Doing(made, plan), Claimant(name="job lead 1"))
    taken = late._claimed()
    assert taken is not None
    while lead.left():
        assert lead.step() is not None
    late._doing.do(taken)
    assert not claims.keep(taken, late._claimant, rejected=99)
    assert set(made.chunks.values_list("claimant", flat=True)) == {"job lead 1"}
    assert not made.chunks.filter(rejected=99).exists()


def test_an_attempt_that_ended_before_all_was_put_in_order_is_not_done_again(
    database: Database, tmp_path: Path
) -> None:
    run, made = begun(database, tmp_path)
    job._answer(run, made, msgspec.convert(made.plan, Plan))
    Batch.objects.filter(pk=made.pk).update(counts={"rows": 40, "answered": 39, "rejected": 1})
    assert job.carry_out(run, batch=made.pk)["answered"] == 39
    made.refresh_from_db()
    assert made.done_at is not None
    assert not work_folder(made.out, made.pk).exists()
    assert not made.chunks.exists()
    assert not (tmp_path / "out.csv").exists(), "it was in its place, and is whose it is"


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([], -1), ([3], 3), ([0, 1, 2, 3], 2), ([0, 1, 5, 6, 7, 9], 6), ([1, 3, 5], 1)],
)
def test_a_helper_begins_in_the_middle_of_the_longest_run(numbers: list[int], expected: int) -> None:
    assert _middle(numbers) == expected


def test_chunks_that_are_far_apart_are_read_as_those_one_after_the_other(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"n": list(range(100))}), source, row_group_size=7)
    found = Rows(planned(str(source), tmp_path / "copy", print))
    for first in (0, 20, 21, 69, 3, 90, 95, 0):
        piece = found.piece(first, 5)
        assert piece.columns["n"].to_pylist() == list(range(first, first + 5))


def test_a_folder_without_a_mark_is_never_the_one(tmp_path: Path) -> None:
    assert not is_marked(tmp_path, "")
    assert is_marked(tmp_path, marked(tmp_path))
