"""One chunk after the other: read, answered, recorded where that is asked for, and written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from flyball.batches.answering import quick
from flyball.batches.answering.answered import Answered, Reject
from flyball.batches.answering.asof import Joined
from flyball.batches.answering.entities import Looked
from flyball.batches.answering.moments import moments
from flyball.batches.answering.pinned import Pinned, pinned
from flyball.batches.answering.slow import Slow
from flyball.batches.formats import format_of
from flyball.batches.models import Batch, BatchChunk
from flyball.batches.options import Options
from flyball.batches.places import work_folder
from flyball.batches.reading.rows import Piece, Plan, Rows
from flyball.batches.work.recording import Recording
from flyball.batches.writing import parts, tables
from flyball.batches.writing.parts import Part
from flyball.domain.errors import DataError, ModelFailed, Problem
from flyball.domain.values import parse_timestamp

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
        refuse_missing(self._pinned, plan, options)
        wanted = {*self._kept, *self._pinned.manifest.schema.names, options.reference, options.as_of}
        wanted |= {lookup.on for lookup in self._pinned.route.lookups}
        self._rows = Rows(plan, list(wanted))
        self._plan, self._as_of = plan, options.as_of
        self._features = None if plan.features is None else Rows(plan.features)
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
        looked = self._looked(piece)
        if not self._is_recorded and quick.takes(self._pinned, piece):
            with suppress(ModelFailed):  # at one of the rows: now each fails for itself
                if (quickly := quick.answer(self._pinned, piece, self._slow, looked)) is not None:
                    return quickly
        asked = self._slow.asked(piece, looked)
        found = self._slow.answer(asked)
        if self._is_recorded:
            with closing(Recording(self._batch, self._pinned)) as recording:
                found.predictions = recording.record(piece.start, asked, found)
        return found

    def _looked(self, piece: Piece) -> Looked | None:
        """The features that were joined to the rows before; ``None`` where they are looked up now."""
        if self._features is None:
            return None
        problems: dict[int, Problem] = {}
        if self._as_of:
            problems = moments(piece, self._as_of, parse_timestamp(self._plan.latest))[1]
        return Joined(self._features.piece(piece.start, piece.length).columns, problems)

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


def refuse_missing(pinned: Pinned, plan: Plan, options: Options) -> None:
    """Raises ``DataError`` where the file lacks a column that every row needs: one mistake, not many."""
    if plan.content == "lines":
        return
    needed = [field.name for field in pinned.manifest.schema.of("request").fields if not field.nullable]
    needed += [lookup.on for lookup in pinned.needed]
    needed += [name for name in (options.reference, options.as_of) if name]
    missing = [name for name in needed if name not in plan.columns]
    if missing:
        raise DataError(f"The rows have no column {missing[0]!r}, which the batch needs.")
