"""The moment from which each row of a piece is seen, by the rules of a snapshot's rows."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from flyball.batches.answering.columns import cell, distinct
from flyball.batches.reading.rows import Piece
from flyball.domain.errors import Problem
from flyball.domain.schema import escape
from flyball.domain.values import parse_timestamp
from flyball.snapshots.expressions import MOMENT

MISSING = ("missing", "A value is needed.")
UNREAD = ("wrong_type", "Expected a timestamp as ISO 8601 text.")
LATER = ("out_of_range", "The moment has not come yet: what will be then is not known.")


def moments(piece: Piece, name: str, latest: datetime) -> tuple[list[datetime | None], dict[int, Problem]]:
    """For each row its moment in UTC, or why it has none, by its place. None is after ``latest``."""
    values, codes = distinct(_in_microseconds(piece, name), name)
    read = [_moment(value, latest) for value in [*values, None]]
    pointer = f"/input/{escape(name)}"
    every: list[datetime | None] = []
    problems: dict[int, Problem] = {}
    for place, code in enumerate(codes.tolist()):
        found = read[code]
        every.append(found if isinstance(found, datetime) else None)
        if isinstance(found, tuple):
            problems[place] = Problem(pointer, *found)
    return every, problems


def _in_microseconds(piece: Piece, name: str) -> Piece:
    """Without the nanoseconds that no moment here has."""
    column = piece.columns.get(name)
    if piece.content != "typed" or column is None or not pa.types.is_timestamp(column.type):
        return piece
    if column.type.unit != "ns":  # what is coarser may be too far away to be told in microseconds
        return piece
    coarse = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return Piece(piece.start, piece.length, piece.content, {name: coarse}, piece.faults)


def _moment(value: Any, latest: datetime) -> datetime | tuple[str, str]:
    if isinstance(value, str):
        value = cell(value)
    if value is None:
        return MISSING
    try:
        found = _read(value)
    except (ValueError, OverflowError):
        return UNREAD
    return LATER if found > latest else found


def _read(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        value = value.isoformat()
    if not isinstance(value, str) or not re.fullmatch(MOMENT, value):
        raise ValueError
    return parse_timestamp(value)
