"""The quick way: columns are checked whole, and a compiled version answers them as Arrow holds them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from flyball.batches.answering.answered import Answered, Reject, reject, warning
from flyball.batches.answering.columns import Column, checked
from flyball.batches.answering.pinned import Pinned
from flyball.batches.reading.rows import Piece
from flyball.domain.values import label_text
from flyball.inference.finished import whole

NO_DECISION = "no_decision"


def takes(pinned: Pinned, piece: Piece) -> bool:
    """Whether rows can go this way: nothing is looked up, and no column names an entity."""
    return (
        whole(pinned.runtime) is not None
        and not pinned.needed
        and piece.content != "lines"
        and not any(lookup.on in piece.columns for lookup in pinned.route.lookups)
    )


def answer(pinned: Pinned, piece: Piece) -> Answered:
    """The answers to some rows. Raises ``ModelFailed`` where the model fails at one of them."""
    columns = _checked(pinned, piece)
    rejects = _rejects(columns, piece)
    places = np.setdiff1d(np.arange(piece.length), [each.place for each in rejects], assume_unique=False)
    values = {name: each.values for name, each in columns.items()}
    if len(places) < piece.length:
        rows = pa.array(places)
        values = {name: column.take(rows) for name, column in values.items()}
    answers = whole(pinned.runtime)
    assert answers is not None  # noqa: S101 - else the rows go the other way
    numbers, labels = answers(values, len(places))
    found = Answered(places, numbers, labels, decided(pinned, numbers), rejects=rejects)
    _warn(pinned, columns, found)
    return found


def decided(pinned: Pinned, numbers: np.ndarray) -> np.ndarray | None:
    """Which answers are at or above the threshold; ``None`` where nothing is decided."""
    decision = pinned.decision
    if decision is None:
        return None
    names = [label_text(label) for label in pinned.classes]
    scores = numbers[:, 0 if decision.label is None else names.index(decision.label)]
    return np.asarray(scores >= decision.threshold)


def _checked(pinned: Pinned, piece: Piece) -> dict[str, Column]:
    is_text = piece.content == "text"
    return {
        field.name: checked(
            field,
            piece.columns.get(field.name),
            piece.length,
            pinned.readers[field.name] if is_text else None,
        )
        for field in pinned.manifest.schema.fields
    }


def _rejects(columns: dict[str, Column], piece: Piece) -> list[Reject]:
    found = [Reject(place, "", "malformed_row", reason) for place, reason in piece.faults.items()]
    for column in columns.values():
        found += [reject(place, said) for place, said in column.problems.items() if place not in piece.faults]
    return sorted(found, key=lambda each: each.place)  # of one row in the order of fields


def _warn(pinned: Pinned, columns: dict[str, Column], found: Answered) -> None:
    order: dict[int, int] = {}
    if any(column.warnings for column in columns.values()):
        order = {place: number for number, place in enumerate(found.places.tolist())}
    for column in columns.values():
        for place, said in column.warnings.items():
            if place in order:
                found.warnings.setdefault(order[place], []).append(warning(said))
    undecided(pinned, found)


def undecided(pinned: Pinned, found: Answered) -> None:
    """Say of each answer that nothing is decided about it, where the endpoint decides."""
    if pinned.is_undecided:
        for number in range(len(found.places)):
            found.warnings.setdefault(number, []).append(NO_DECISION)
