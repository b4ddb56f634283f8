"""The job: rows are cut into chunks, each is answered, and at the end the parts become one file."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from flyball.batches import buckets, declared
from flyball.batches.answering.pinned import pinned
from flyball.batches.formats import format_of
from flyball.batches.models import Batch, BatchChunk
from flyball.batches.places import is_marked, marked, remove, work_folder
from flyball.batches.reading.limits import rows_of_chunk
from flyball.batches.reading.rows import Plan, planned
from flyball.batches.services import begin_declared
from flyball.batches.uploads.cleaning import spent
from flyball.batches.uploads.folders import is_confined, root
from flyball.batches.work.chunks import Chunks
from flyball.batches.work.doing import Doing, kept_columns
from flyball.batches.work.helping import shared
from flyball.batches.writing import joining
from flyball.batches.writing.parts import Part, by
from flyball.config import make_home
from flyball.control.datasets.places import base
from flyball.control.declarations.configured import configured
from flyball.control.jobs import running
from flyball.control.jobs import selectors as jobs
from flyball.control.jobs.running import Run
from flyball.control.jobs.sharing.calling import Call
from flyball.control.jobs.sharing.claims import Claimant
from flyball.domain.errors import DataError
from flyball.domain.records import now
from flyball.domain.values import parse_timestamp

PAUSE = 0.05
"""Between two looks while others answer all that is left (seconds)."""
PLENTY = 500_000
"""Rows that take any version longer than a helper takes to start."""
JOINED = 0.9
"""How far a batch is once all of its chunks are answered."""


def carry_out(run: Run, *, batch: int | str, due_at: str = "") -> dict[str, Any]:
    """The job: what an attempt before has finished stays, and is not done again.

    ``batch`` is its number; or, where a schedule has asked for it, the name of a declared one, which was due
    at ``due_at``. Raises ``DataError`` for rows that cannot be read, or of which too many do not fit, and
    what loading the version raises.
    """
    number = batch if isinstance(batch, int) else _begun(run, batch, due_at)
    run.keep(batch=number)
    found = Batch.objects.select_related("endpoint__team", "upload").get(pk=number, job=run.id)
    try:
        return _carry_out(run, found)
    except OSError as error:
        raise _of_disk(error) from error


def _begun(run: Run, name: str, due_at: str) -> int:
    """The declared batch of the job; the attempt before may have begun it."""
    with transaction.atomic():
        run.keep()  # the fence: of two who begin it, one does
        job = jobs.job(run.id)
        found = Batch.objects.filter(job=job).first()
        if found is None:
            moment = datetime.fromisoformat(due_at) if due_at else timezone.localtime(job.asked_at)
            found = begin_declared(declaration=run.declaration(), name=name, moment=moment, job=job)
    return int(found.pk)


def _carry_out(run: Run, batch: Batch) -> dict[str, Any]:
    if not batch.counts:  # else all is in its place since the attempt before
        _refuse_outside(batch)
        _answer(run, batch, _planned(run, batch))
        _join(run, batch)
        batch.counts = _counted(batch)
        with transaction.atomic():
            run.keep()
            batch.save(update_fields=["counts"])
    remove(work_folder(batch.out, batch.pk))  # while the job lasts: this process is ended with it
    spent(batch)
    with transaction.atomic():
        running.succeed(run, batch.counts)
        Batch.objects.filter(pk=batch.pk).update(done_at=now())
        batch.chunks.all().delete()
    return dict(batch.counts)


def _refuse_outside(batch: Batch) -> None:
    """What was allowed when it was asked for may be a link to elsewhere by now, or allowed no more."""
    if not batch.wanted.is_confined:
        return
    if batch.upload is None and Path(batch.source).is_relative_to(root()):
        raise DataError("The upload of the batch is erased. Send the file again.")
    if not (is_confined(batch, batch.source) and is_confined(batch, batch.out)):
        raise DataError(
            "The files of the batch are in no folder that is allowed here (FLYBALL_BATCH_FOLDERS)."
        )
    if not Path(batch.source).is_file():
        raise DataError(f"There is no file {Path(batch.source).name}{_of_upload(batch)}.")


def _of_upload(batch: Batch) -> str:
    if batch.upload is None:
        return ""
    return " of the upload here: workers need the same folder (FLYBALL_BATCH_UPLOAD_FOLDER)"


def _planned(run: Run, batch: Batch) -> Plan:
    """The plan of the attempt before, or a new one."""
    folder = work_folder(batch.out, batch.pk)
    if batch.plan and is_marked(folder, (begun := msgspec.convert(batch.plan, Plan)).mark):
        return begun
    _refuse_no_place(batch)
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"rows.{by(run.holder)}.parquet"  # who is late writes to another one
    found = _rows(run, batch, copy)
    plan = msgspec.structs.replace(_with_features(run, batch, found, folder), mark=marked(folder))
    rows = rows_of_chunk(batch.wanted.chunk_rows, len(plan.columns))
    starts = range(0, max(1, plan.rows), rows)
    with transaction.atomic():
        run.keep()  # the fence: who has lost the job cuts nothing
        batch.chunks.all().delete()
        BatchChunk.objects.bulk_create(
            [
                BatchChunk(batch=batch, number=number, start=start, rows=min(rows, plan.rows - start))
                for number, start in enumerate(starts)
            ]
        )
        batch.plan = msgspec.to_builtins(plan)
        batch.save(update_fields=["plan"])
    kept_columns(batch, plan)
    run.report(log=f"Batch {batch.pk}: {plan.rows:,} rows in {len(starts):,} chunks")
    return plan


def _rows(run: Run, batch: Batch, copy: Path) -> Plan:
    """What is answered: a file, or the rows of a declared batch."""
    source = batch.source
    if batch.wanted.moment:
        word = declared.find(run.declaration(), source)
        if not word.rows.origin.file:
            from flyball.batches.work.copying import copied  # other batches need no DuckDB

            run.report(message="reading rows")
            return copied(pinned(batch), run.declaration(), word, copy)
        source = str(base() / word.rows.origin.file)
    most = configured().batch_unpacked_bytes
    return planned(source, copy, lambda rows: run.report(message=f"reading, {rows:,} rows"), most)


def _with_features(run: Run, batch: Batch, plan: Plan, folder: Path) -> Plan:
    """With the features of a moment, where they are wanted so."""
    wanted = batch.wanted
    version = pinned(batch) if wanted.as_of or wanted.moment else None
    if version is None or (wanted.moment and not version.needed):
        return plan
    from flyball.batches.work.history import History  # other batches need no DuckDB

    latest = parse_timestamp(wanted.moment) if wanted.moment else now()
    history = History(version, run.declaration(), wanted, latest, lambda doing: run.report(message=doing))
    return history.joined(plan, folder / f"features.{by(run.holder)}.parquet")


def _refuse_no_place(batch: Batch) -> None:
    for each in filter(buckets.is_remote, (batch.out, batch.wanted.rejects)):
        buckets.refuse_closed(each)
    if buckets.is_remote(batch.out):
        make_home(configured().home)
        return
    out = Path(batch.out)
    if not out.parent.is_dir():
        raise DataError(f"There is no folder {out.parent} for the answers.")
    is_folder = batch.out.endswith("/")
    if is_folder and out.exists():
        raise DataError(f"{out.name} is there already: name a folder that is not.")
    if not is_folder and out.is_dir():
        raise DataError(f"{out.name} is a folder: end its name with a slash.")


def _answer(run: Run, batch: Batch, plan: Plan) -> None:
    _call_early(batch, plan)
    claimant = Claimant(name=run.holder, fence=run.keep, got_on=run.got_on)
    chunks, call = Chunks(batch, Doing(batch, plan), claimant), Call(shared(batch))
    total = batch.chunks.count()
    while left := chunks.left():
        call(chunks.waiting() - 1)
        if chunks.step() is None:
            time.sleep(PAUSE)
        refuse_too_many(batch)
        done = total - left
        run.report(progress=done / total * JOINED, message=f"{done:,} of {total:,} chunks")
    shared(batch).dismiss()
    refuse_too_many(batch)


def _call_early(batch: Batch, plan: Plan) -> None:
    """Have a helper start while the version is loaded here, where there is plenty to do."""
    if plan.rows >= PLENTY:
        Call(shared(batch), since=0.0)(batch.chunks.filter(claimant="").count() - 1)


def refuse_too_many(batch: Batch) -> None:
    """Raises ``DataError`` where more rows do not fit than may."""
    most = batch.wanted.max_rejects
    if most is not None and (found := _counted(batch)["rejected"]) > most:
        # A path of this server tells nothing to who has sent the file.
        where = f" {work_folder(batch.out, batch.pk)} says why." if batch.upload is None else ""
        raise DataError(f"{found:,} rows do not fit; at most {most:,} may.{where}")


def _counted(batch: Batch) -> dict[str, int]:
    sums = batch.chunks.exclude(done_at=None).aggregate(
        rows=Sum("rows", default=0), rejected=Sum("rejected", default=0)
    )
    return {"rows": sums["rows"], "answered": sums["rows"] - sums["rejected"], "rejected": sums["rejected"]}


def _join(run: Run, batch: Batch) -> None:
    folder = work_folder(batch.out, batch.pk)
    chunks = batch.chunks.order_by("number").values_list("number", "claimant")
    parts = [Part(folder, *each) for each in chunks]
    known = format_of(batch.out)
    assert known is not None  # noqa: S101 - it was refused when it was asked for

    def report(part: int) -> None:
        run.report(progress=JOINED + (1 - JOINED) * part / len(parts), message="writing")
        if part == len(parts):
            run.keep()  # the fence: who has lost the job puts nothing in its place

    join = joining.gathered if batch.out.endswith("/") else joining.joined
    join(parts, by(run.holder), known, batch.out, batch.wanted.rejects, report)


def _of_disk(error: OSError) -> DataError:
    what = error.strerror or type(error).__name__
    return DataError(f"A file of the batch cannot be read or written: {what}. Its finished chunks stay.")
