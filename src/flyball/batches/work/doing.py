"""One chunk after the other: read, answered, recorded where that is asked for, and written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from flyball.batches.answering import quick
from flyball.batches.answering.answered import Answered, Reject
from flyball.batches.answering.pinned import Pinned, pinned
from flyball.batches.answering.slow import Slow
from flyball.batches.formats import format_of
from flyball.batches.models import Batch, BatchChunk
from flyball.batches.places import work_folder
from flyball.batches.reading.rows import Piece, Plan, Rows
from flyball.batches.work.recording import Recording
from flyball.batches.writing import parts, tables
from flyball.batches.writing.parts import Part
from flyball.domain.errors import DataError, ModelFailed

PIECE = 65_536
"""Rows that are answered at once."""


@dataclass(frozen=True, slots=True)
class Done:
    """How many rows of a chunk were answered, and how many rejected."""

    answered: int
    rejected: int


class Doing:
    """Answers chunks of one batch, as long as somebody gives it some. Loads the version first."""

    def __init__(self, batch: Batch, plan: Plan) -> None:
        options = batch.wanted
        self._batch = batch
        self._pinned: Pinned = pinned(batch)
        self._slow = Slow(self._pinned, options.reference)
        self._is_recorded = options.record
        self._kept = kept_columns(batch, plan)
        tables.refuse_taken(tables.names_of(self._pinned.manifest, is_recorded=self._is_recorded), self._kept)
        _refuse_missing(self._pinned, plan, options.reference)
        wanted = {*self._kept, *self._pinned.manifest.schema.names, options.reference}
        wanted |= {lookup.on for lookup in self._pinned.route.lookups}
        self._rows = Rows(plan, list(wanted))
        found = format_of(batch.out)
        assert found is not None  # noqa: S101 - it was refused when it was asked for
        self._format = found
        self._folder = work_folder(batch.out, batch.pk)

    def do(self, chunk: BatchChunk) -> Done:
        """Answer a chunk and write its part, in the name of its claimant.

        Raises ``DataError`` where its rows cannot be read, and ``OSError`` where its part cannot be written.
        """
        written: list[Any] = []
        rejects: list[tuple[int, Reject]] = []
        answered = 0
        for piece in self._pieces(chunk):
            found = self._answer(piece)
            answered += len(found.places)
            rejects += [(piece.start + each.place + 1, each) for each in found.rejects]
            written.append(self._table(piece, found))
        table = pa.concat_tables(written).combine_chunks()
        parts.write(Part(self._folder, chunk.number, chunk.claimant), self._format, table, rejects)
        return Done(answered, chunk.rows - answered)

    def _pieces(self, chunk: BatchChunk) -> Iterator[Piece]:
        for start in range(0, max(1, chunk.rows), PIECE):
            yield self._rows.piece(chunk.start + start, min(PIECE, chunk.rows - start))

    def _answer(self, piece: Piece) -> Answered:
        if not self._is_recorded and quick.takes(self._pinned, piece):
            try:
                return quick.answer(self._pinned, piece)
            except ModelFailed:
                pass  # at one of the rows: now each fails for itself
        asked = self._slow.asked(piece)
        found = self._slow.answer(asked)
        if self._is_recorded:
            with closing(Recording(self._batch, self._pinned)) as recording:
                found.predictions = recording.record(piece.start, asked, found)
        return found

    def _table(self, piece: Piece, found: Answered) -> Any:
        columns = tables.kept(piece, self._kept, found.places)
        columns |= tables.answers(
            self._pinned.manifest, self._pinned.decision, piece, found, is_recorded=self._is_recorded
        )
        return pa.table(columns)


def kept_columns(batch: Batch, plan: Plan) -> list[str]:
    """The columns that go along. Raises ``DataError`` for one that the rows do not have."""
    asked = batch.wanted.keep
    if asked is None:
        return list(plan.columns)
    missing = sorted(set(asked) - set(plan.columns))
    if missing and plan.content != "lines":
        raise DataError(f"The rows have no column {missing[0]!r} to keep.")
    return list(asked)


def _refuse_missing(pinned: Pinned, plan: Plan, reference: str) -> None:
    """A column that every row needs and the file lacks is one mistake, and not one of each row."""
    if plan.content == "lines":
        return
    needed = [field.name for field in pinned.manifest.schema.of("request").fields if not field.nullable]
    needed += [lookup.on for lookup in pinned.needed] + ([reference] if reference else [])
    missing = [name for name in needed if name not in plan.columns]
    if missing:
        raise DataError(f"The rows have no column {missing[0]!r}, which the version needs.")
