"""The way of requests: each row is checked and looked up as one that was sent, and any runtime answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from flyball.batches.answering.answered import Answered, Reject, columns_of, reject, warning
from flyball.batches.answering.columns import cell, plain
from flyball.batches.answering.deciding import decided, undecided
from flyball.batches.answering.entities import Looked, Now
from flyball.batches.answering.pinned import Pinned
from flyball.batches.reading.lines import member_values
from flyball.batches.reading.rows import Piece
from flyball.control.routing.foreseeing import questions
from flyball.domain.errors import InvalidInput, ModelFailed, Problem, UnknownEntity
from flyball.domain.records import fits
from flyball.domain.values import Scalar
from flyball.serving.calls import Row
from flyball.serving.checker import Checker
from flyball.serving.forms import LONGEST_REFERENCE
from flyball.serving.preparing import csv_rows, features
from flyball.serving.preparing.features import CheckedRow

SOME = 500
"""Rows that are asked together."""
GONE = "The row is no JSON object whose members are named once each."


class Asked:
    """Rows that have passed their checks, by their places, and those that have not."""

    def __init__(self) -> None:
        self.rows: dict[int, CheckedRow] = {}
        self.rejects: list[Reject] = []


class Slow:
    """Answers rows of one batch, one by one; keys are looked up together."""

    def __init__(self, pinned: Pinned, reference: str) -> None:
        self._pinned = pinned
        self._reference = reference
        request = pinned.manifest.schema.of("request")
        self._names = request.names
        self._check = Checker(request).check
        self._ons = tuple(dict.fromkeys(lookup.on for lookup in pinned.route.lookups))

    def asked(self, piece: Piece, looked: Looked | None = None) -> Asked:
        """The rows of a piece, checked and looked up: in what is ``looked`` up already, else as of now."""
        found = Asked()
        doubts = {} if looked is None else looked.problems
        for place, values in enumerate(self._rows(piece, found)):
            if values is not None:
                self._add(place, values, piece.content == "text", found, doubts.get(place))
        if self._pinned.needed and found.rows:
            self._look_up(found, looked)
        return found

    def answer(self, asked: Asked) -> Answered:
        """The answers; a row that the model fails at takes no other with it."""
        places, outputs = [], []
        every = list(asked.rows.items())
        for start in range(0, len(every), SOME):
            some = every[start : start + SOME]
            for (place, _), output in zip(some, self._outputs([row.values for _, row in some]), strict=True):
                if output is None:
                    asked.rejects.append(Reject(place, "", ModelFailed.code, ModelFailed().detail))
                else:
                    places.append(place)
                    outputs.append(output)
        asked.rejects.sort(key=lambda each: each.place)
        return self._answered(asked, places, outputs)

    def _outputs(self, rows: Sequence[dict[str, Scalar]]) -> list[dict[str, Any] | None]:
        return questions.outputs(self._pinned.runtime, rows)

    def _answered(self, asked: Asked, places: list[int], outputs: list[dict[str, Any]]) -> Answered:
        classes = {(type(each), each): number for number, each in enumerate(self._pinned.classes)}
        labels = None
        if self._pinned.manifest.task == "classification":
            labels = np.array(
                [classes[type(each["label"]), each["label"]] for each in outputs], dtype=np.int64
            )
        width = len(columns_of(self._pinned.manifest))
        rows = [_numbers(each) for each in outputs]
        numbers = np.array(rows, dtype=np.float64).reshape(len(outputs), width)
        found = Answered(np.array(places, dtype=np.int64), numbers, labels, decided(self._pinned, numbers))
        found.rejects = asked.rejects
        for number, place in enumerate(places):
            if said := asked.rows[place].warnings:
                found.warnings[number] = [warning(each) for each in said]
        undecided(self._pinned, found)
        return found

    def _rows(self, piece: Piece, found: Asked) -> Iterator[Mapping[str, Any] | None]:
        """Each row's values by column; ``None`` for one that could not be read."""
        found.rejects += [Reject(place, "", "malformed_row", said) for place, said in piece.faults.items()]
        if piece.content == "lines":
            (lines,) = piece.columns.values()
            for place, line in enumerate(lines.to_pylist()):
                values = None if place in piece.faults else member_values(line)
                if values is None and place not in piece.faults:
                    found.rejects.append(Reject(place, "", "malformed_row", GONE))
                yield values
            return
        wanted = [*self._names, *self._ons, *([self._reference] if self._reference else [])]
        names = [name for name in dict.fromkeys(wanted) if name in piece.columns]
        columns = [_values(piece.columns[name]) for name in names]
        for place in range(piece.length):
            yield (
                None
                if place in piece.faults
                else dict(zip(names, (each[place] for each in columns), strict=True))
            )

    def _add(
        self, place: int, values: Mapping[str, Any], is_text: bool, found: Asked, doubt: Problem | None
    ) -> None:
        row = self._text_row(values) if is_text else self._typed_row(values)
        problems = _reference_problems(row) + ([] if doubt is None else [doubt])
        checked = self._check(row.input, "/input")
        entity: dict[str, Scalar] = {}
        warnings = checked.warnings
        problems += checked.problems
        if row.entity or self._pinned.needed:
            known = features.check_entity(self._pinned.route, self._pinned.needed, row.entity, "")
            entity, warnings = known.values, warnings + known.warnings
            problems += known.problems
            if not fits(entity):
                problems.append(Problem("/entity", "wrong_type", "The entity is too long."))
        if problems:
            found.rejects += [reject(place, each) for each in problems]
        else:
            found.rows[place] = CheckedRow(row, checked.values, entity, warnings)

    def _text_row(self, values: Mapping[str, Any]) -> Row:
        texts = {name: None if value is None else cell(value) for name, value in values.items()}
        reference = texts.get(self._reference)
        return Row(
            entity=csv_rows.keys(self._pinned.route.lookups, texts),
            input=csv_rows.typed(self._pinned.readers, texts),
            reference=reference,
        )

    def _typed_row(self, values: Mapping[str, Any]) -> Row:
        usual = {name: plain(value, None) for name, value in values.items()}
        reference = usual.get(self._reference)
        return Row(
            entity={name: usual[name] for name in self._ons if usual.get(name) is not None},  # type: ignore[misc] # checked next
            input={name: usual[name] for name in self._names if name in usual},
            reference=None if reference is None else str(reference),
        )

    def _look_up(self, found: Asked, looked: Looked | None) -> None:
        schema, needed = self._pinned.manifest.schema, self._pinned.needed
        if looked is None:
            keys = {lookup.on: {row.entity[lookup.on] for row in found.rows.values()} for lookup in needed}
            looked = Now(needed, keys)
        for place, row in list(found.rows.items()):
            try:
                features.look_up(schema, needed, [row], looked.of(place))
            except (UnknownEntity, InvalidInput) as error:
                del found.rows[place]
                found.rejects += [reject(place, each) for each in error.problems]


def _numbers(output: Mapping[str, Any]) -> list[float]:
    if "probabilities" in output:
        return list(output["probabilities"].values())
    if "score" in output:
        return [output["score"], float(output["is_anomaly"])]
    return [output.get("value", output.get("cluster")), *output.get("interval", ())]


def _reference_problems(row: Row) -> list[Problem]:
    if row.reference is not None and not 0 < len(row.reference) <= LONGEST_REFERENCE:
        return [Problem("/reference", "wrong_type", f"Expected 1 to {LONGEST_REFERENCE} characters.")]
    return []


def _values(column: Any) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except (UnicodeDecodeError, ValueError, OverflowError):
        values = [_value(each) for each in column]
    return values


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (UnicodeDecodeError, ValueError, OverflowError):
        return ()  # no scalar: it is refused
