"""What can be seen wrong in declared batches by reading them alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flyball.domain.batches.declared import MARKS, Batch, unknown_marks
from flyball.domain.schedules import NAME, Schedule, is_name

Wrong = tuple[str, str, str, str]
"""What a ``Fault`` of a declaration is made of."""
BATCHES, SCHEDULES = "E043", "E029"
UNREAD = ("columns", "weight", "missing")
"""Words of ``Rows`` that say something of learning, or of what a file's texts mean there."""
LISTED = 'Use batches = [Batch("active", rows=Rows("shop.Customer"), out="answers-{date}.parquet")].'


def wrong_batches(endpoint: Any) -> Iterator[Wrong]:
    """What is wrong with ``batches``, and with schedules of them."""
    batches = endpoint.batches
    is_list = isinstance(batches, Sequence) and not isinstance(batches, str | bytes)
    if not is_list or not all(isinstance(each, Batch) for each in batches):
        yield (BATCHES, "batches", "is not a list of batches", LISTED)
        return
    names = [each.name for each in batches]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield (BATCHES, "batches", f"has two batches {name!r}", "Give each its own name.")
    outs = [each.out for each in batches]
    for out in sorted({out for out in outs if outs.count(out) > 1}):
        yield (BATCHES, "batches", f"has two batches with the out {out!r}", "One would replace the other's.")
    for each in batches:
        for message, hint in _wrong(each):
            yield (BATCHES, "batches", f"batch {each.name!r} {message}", hint)
    yield from _schedules(endpoint, names)


def _wrong(batch: Batch) -> Iterator[tuple[str, str]]:
    yield from batch.wrong
    if batch.wrong:
        return
    if not is_name(batch.name):
        yield "has another name than it may have", f"A batch {NAME}"
    yield from _rows(batch)
    for mark in unknown_marks(batch.out):
        yield f"has {mark!r} in its out", f"Of a name only {' and '.join(MARKS)} are filled in."
    most = batch.max_rejects
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 0):
        yield "has a wrong max_rejects", "Give a whole number of 0 or more."


def _rows(batch: Batch) -> Iterator[tuple[str, str]]:
    rows = batch.rows
    is_rows = hasattr(rows, "weight")  # nothing else has one; where Rows are declared, batches are known
    if not is_rows or (len(rows.origin.kinds) != 1 and not rows.wrong):
        yield "needs rows of one source", 'Say rows=Rows("shop.Customer"), a file, or Rows(query="SELECT …").'
        return
    yield from ((f"has rows: that word {wrong.message}", wrong.hint) for wrong in rows.wrong)
    if rows.origin.query and not rows.key:
        yield "has rows without a key", 'Name the column that they are read in the order of: key="id".'
    if (rows.origin.manager or rows.origin.where is not None) and not rows.origin.model:
        yield "has rows with where= or manager= without a model", "A query chooses its rows itself."
    for word in UNREAD:
        if getattr(rows, word, None) or getattr(rows.origin, word, None):
            yield f"has rows with {word}=, which no batch reads", "Leave it out."


def _schedules(endpoint: Any, names: Sequence[str]) -> Iterator[Wrong]:
    listed = endpoint.schedules if isinstance(endpoint.schedules, Sequence) else ()
    for each in (each for each in listed if isinstance(each, Schedule)):
        if each.batch and each.kind != "batch":
            hint = 'Only a batch answers rows: Schedule("every day at 02:00", "batch", batch="active").'
            yield (SCHEDULES, "schedules", f"names a batch with {each.title!r}, which is none", hint)
        elif each.kind == "batch" and each.batch not in names:
            hint = f"Name one of batches: {', '.join(names)}." if names else f"Declare it first. {LISTED}"
            yield (SCHEDULES, "schedules", f"has no declared batch for {each.title!r}", hint)
