"""Answers as a table: the columns that go along, then those of the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flyball.batches.answering.answered import Answered, columns_of
from flyball.batches.reading.lines import member_values
from flyball.batches.reading.rows import Piece
from flyball.domain.errors import DataError
from flyball.domain.routing import Decision, Manifest
from flyball.domain.values import Scalar, canonical, label_text

ROW = "row"


def names_of(manifest: Manifest, *, is_recorded: bool) -> list[str]:
    """The columns of an answer, in order."""
    outputs = [*(["label"] if manifest.task == "classification" else []), *columns_of(manifest)]
    return [ROW, *(["prediction"] if is_recorded else []), "version", *outputs, "decision", "warnings"]


def refuse_taken(names: Sequence[str], kept: Sequence[str]) -> None:
    """Raises ``DataError`` where a column that goes along is called as one of the answer."""
    taken = sorted(set(names) & set(kept))
    if taken:
        raise DataError(
            f"The rows have a column {taken[0]!r}, as the answers do. Rename it, or name those to keep."
        )


def answers(
    manifest: Manifest, decision: Decision | None, piece: Piece, found: Answered, *, is_recorded: bool
) -> dict[str, Any]:
    """The columns of the answers to a piece of rows."""
    length = len(found.places)
    columns: dict[str, Any] = {ROW: pa.array(found.places + (piece.start + 1), pa.int64())}
    if is_recorded:
        columns["prediction"] = pa.array(found.predictions, pa.string())
    columns["version"] = pa.array(np.full(length, manifest.number), pa.int32())
    columns |= _outputs(manifest, found)
    columns["decision"] = pa.nulls(length, pa.string())
    if decision is not None and found.decisions is not None:
        words = pa.array([decision.below, decision.at_or_above], pa.string())
        columns["decision"] = words.take(pa.array(found.decisions.astype(np.int8)))
    texts = {number: "; ".join(said) for number, said in found.warnings.items()}
    columns["warnings"] = (
        pa.array([texts.get(number) for number in range(length)], pa.string())
        if texts
        else pa.nulls(length, pa.string())
    )
    return columns


def _outputs(manifest: Manifest, found: Answered) -> dict[str, Any]:
    names = columns_of(manifest)
    if manifest.task == "clustering":
        return {name: pa.array(found.numbers[:, 0].astype(np.int64), pa.int64()) for name in names}
    numbers = {name: pa.array(found.numbers[:, place], pa.float64()) for place, name in enumerate(names)}
    if manifest.task == "anomaly_detection":
        return {**numbers, "is_anomaly": pa.array(found.numbers[:, 1] > 0)}
    if found.labels is None:
        return numbers
    return {"label": _classes(manifest.classes).take(pa.array(found.labels)), **numbers}


def _classes(classes: Sequence[Scalar]) -> Any:
    """The labels of one type where they are of one; else as texts."""
    if len({type(label) for label in classes}) == 1:
        return pa.array(list(classes))
    return pa.array([label_text(label) for label in classes], pa.string())


def kept(piece: Piece, names: Sequence[str], places: np.ndarray) -> dict[str, Any]:
    """The columns that go along, of the rows that are answered."""
    rows = pa.array(places)
    if piece.content == "lines":
        return _members(piece, names, rows)
    columns = {name: _plain(piece.columns[name]) for name in names}
    if piece.content == "text":
        columns = {name: pc.utf8_trim_whitespace(column) for name, column in columns.items()}
    if len(places) == piece.length:
        return columns
    return {name: column.take(rows) for name, column in columns.items()}


def _plain(column: Any) -> Any:
    """Values themselves: places among distinct ones would be others in each part."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _members(piece: Piece, names: Sequence[str], rows: Any) -> dict[str, Any]:
    (lines,) = piece.columns.values()
    values: list[Mapping[str, Any]] = [member_values(each) or {} for each in lines.take(rows).to_pylist()]
    return {name: pa.array([_text(each.get(name)) for each in values], pa.string()) for name in names}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def texts(column: Any) -> Any:
    """A column as spreadsheets and JSON may have it: plain numbers, truths and texts."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if (
        pa.types.is_string(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
    ):
        return column
    return pa.array([_spelt(each) for each in column.to_pylist()], pa.string())


def _spelt(value: Any) -> str | None:
    try:
        plain = canonical(value)
    except (TypeError, ValueError, OverflowError):
        return json.dumps(value, ensure_ascii=False, default=str)
    return None if plain is None else label_text(plain)
