"""A row encoder as data: which columns each field of a row becomes, and by which steps."""

from __future__ import annotations

from typing import Literal

import msgspec

from flyball.inference.compiled.arrays import Array

Operation = Literal["minus", "over", "times", "plus", "at_least", "at_most"]
Key = str | float | None
"""A known value of a field as a table has it: a text, a number; ``None`` for missing."""
PARTS = ("days", "year", "month", "day", "weekday", "hour")
"""What a timestamp becomes, in this order; ``days`` are whole and part days since 1970."""

MICROSECONDS = 86_400_000_000
"""In a day."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One operation with one number, done in float64."""

    operation: Operation
    number: float


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The column at ``place`` of the matrix, made of one number.

    ``missing`` is what it holds where there is no number (NaN: nothing fills it); ``present`` what it holds
    wherever there is one; without it, ``steps`` make it of the number.
    """

    place: int
    missing: float
    present: float | None = None
    steps: tuple[Step, ...] = ()


class Numbers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of numbers, or of true and false as 1 and 0."""

    field: str
    columns: tuple[Column, ...]


class Moments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of timestamps: ``columns`` says of which of ``PARTS``, by its place there, each is made."""

    field: str
    columns: tuple[tuple[int, Column], ...]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field whose columns are looked up: ``values`` (keys + 1, places) float64, the last for other values.

    ``numbers``: the keys are numbers, else texts. ``refuses``: other values are refused.
    """

    field: str
    keys: tuple[Key, ...]
    places: tuple[int, ...]
    values: Array
    numbers: bool
    refuses: bool


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of texts: how often each of ``words`` is in it, times its weight, in rows of length one.

    ``columns`` says of which word, by its place, each column is made.
    """

    field: str
    words: tuple[str, ...]
    weights: Array
    columns: tuple[tuple[int, Column], ...]


class Encoder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All columns of the matrix, each made once."""

    width: int
    numbers: tuple[Numbers, ...] = ()
    moments: tuple[Moments, ...] = ()
    tables: tuple[Table, ...] = ()
    words: tuple[Words, ...] = ()
