"""The quick way: columns are checked whole, and a compiled version answers them as Arrow holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from flyball.batches.answering.answered import Answered, Reject, reject, warning
from flyball.batches.answering.columns import Column, checked
from flyball.batches.answering.deciding import decided, undecided
from flyball.batches.answering.entities import Looked, Now, keys, looked_up
from flyball.batches.answering.pinned import Pinned
from flyball.batches.answering.slow import Slow
from flyball.batches.reading.rows import Piece


def takes(pinned: Pinned, piece: Piece) -> bool:
    """Whether rows can go this way: no column names an entity that the version does not look up."""
    needed = {lookup.on for lookup in pinned.needed}
    return (
        pinned.whole is not None
        and piece.content != "lines"
        and not any(lookup.on in piece.columns and lookup.on not in needed for lookup in pinned.route.lookups)
    )


def answer(pinned: Pinned, piece: Piece, slow: Slow, looked: Looked | None = None) -> Answered | None:
    """The answers to some rows, whose features are ``looked`` up already, or else as of now.

    ``None`` where they have to go the other way. Raises ``ModelFailed`` where the model fails at one of them.
    """
    columns = _checked(pinned, piece)
    odd = np.zeros(piece.length, dtype=bool)
    for column in columns.values():
        odd[list(column.problems)] = True
    odd[list(piece.faults)] = True
    if not pinned.needed:
        return _answered(pinned, piece, columns, np.flatnonzero(~odd), _rejects(columns, piece))
    own = keys(pinned, piece)
    looked = looked or Now(pinned.needed, {on: each.values for on, each in own.items()})
    found = looked_up(pinned, looked, own, piece.length)
    told = None if found is None else _told(slow, piece, looked, np.flatnonzero(odd | found.odd))
    if found is None or told is None:
        return None
    return _answered(pinned, piece, {**columns, **found.columns}, np.flatnonzero(~(odd | found.odd)), told)


def _answered(
    pinned: Pinned, piece: Piece, columns: Mapping[str, Column], places: np.ndarray, rejects: list[Reject]
) -> Answered:
    values = {name: each.values for name, each in columns.items()}
    if len(places) < piece.length:
        rows = pa.array(places)
        values = {name: column.take(rows) for name, column in values.items()}
    assert pinned.whole is not None  # noqa: S101 - else the rows go the other way
    numbers, labels = pinned.whole(values, len(places))
    found = Answered(places, numbers, labels, decided(pinned, numbers), rejects=rejects)
    _warn(pinned, columns, found)
    return found


def _told(slow: Slow, piece: Piece, looked: Looked, places: np.ndarray) -> list[Reject] | None:
    """What is to be said of rows that do not fit, as of each alone; ``None`` where one of them does."""
    asked = slow.asked(piece.some(places), looked.some(places))
    if asked.rows:
        return None
    found = [replace(each, place=int(places[each.place])) for each in asked.rejects]
    return sorted(found, key=lambda each: each.place)


def _checked(pinned: Pinned, piece: Piece) -> dict[str, Column]:
    is_text = piece.content == "text"
    return {
        field.name: checked(
            field,
            piece.columns.get(field.name),
            piece.length,
            pinned.readers[field.name] if is_text else None,
        )
        for field in pinned.manifest.schema.of("request").fields
    }


def _rejects(columns: dict[str, Column], piece: Piece) -> list[Reject]:
    found = [Reject(place, "", "malformed_row", reason) for place, reason in piece.faults.items()]
    for column in columns.values():
        found += [reject(place, said) for place, said in column.problems.items() if place not in piece.faults]
    return sorted(found, key=lambda each: each.place)  # of one row in the order of fields


def _warn(pinned: Pinned, columns: Mapping[str, Column], found: Answered) -> None:
    order: dict[int, int] = {}
    if any(column.warnings for column in columns.values()):
        order = {place: number for number, place in enumerate(found.places.tolist())}
    for column in columns.values():
        for place, said in column.warnings.items():
            if place in order:
                found.warnings.setdefault(order[place], []).append(warning(said))
    undecided(pinned, found)
