"""Counterfactuals: the smallest changes of what may be changed after which something else is decided."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from flyball.domain.reasons.told import Change, Counterfactual
from flyball.domain.schema import Field, Kind
from flyball.domain.values import Scalar
from flyball.inference.runtime import Runtime

POINTS = 33
"""Values of a number that are tried alone, and three times as many categories; of two fields, a quarter."""
MOST_ASKED = 20_000
"""Rows that are asked until no further pair of fields is tried."""
HALVINGS = 30
DIGITS = 3
Row = Mapping[str, Scalar]
Decide = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class _Turned:
    """Values of some fields after which something else is decided, and how far they are from the row's."""

    to: dict[str, Scalar]
    size: float


class Turning:
    """Tries changes of one row. Each is inside of the schema: its ranges and its categories.

    The size of a change is the part of the field's range that a number moves by, and 1 for all else; those
    of two fields add up. Numbers are tried at points of their range, and the nearest that turns the decision
    is moved towards the row's own value as far as it still does: where a decision turns back in between, a
    smaller change may be missed.
    """

    def __init__(self, runtime: Runtime, decide: Decide, fields: Sequence[Field], row: Row) -> None:
        self._runtime = runtime
        self._decide = decide
        self._fields = {field.name: field for field in fields if _choices(field, None, POINTS)}
        self._row = row
        self._before = self._decided([{}])[0]

    @property
    def before(self) -> str:
        """What is decided about the row as it is."""
        return self._before

    def smallest(self, most: int) -> list[Counterfactual]:
        """The ``most`` smallest changes: of one field each; of two, where no single one will do."""
        found = self._turned([(name,) for name in self._fields], POINTS)
        if not found:
            found = self._turned(list(itertools.combinations(self._fields, 2)), POINTS // 4)
        nearest = [self._nearer(each) for each in found]
        nearest.sort(key=lambda each: (each.size, *each.to))
        return [self._told(each) for each in nearest[:most]]

    def _turned(self, groups: Sequence[tuple[str, ...]], points: int) -> list[_Turned]:
        """Of each group of fields, the nearest of its values that turns the decision."""
        found: list[_Turned] = []
        asked = 0
        for names in groups:
            if asked > MOST_ASKED:
                break
            choices = [_choices(self._fields[name], self._row.get(name), points) for name in names]
            tried = [dict(zip(names, values, strict=True)) for values in itertools.product(*choices)]
            asked += len(tried)
            turning = [
                _Turned(to, self._size(to))
                for to, decision in zip(tried, self._decided(tried), strict=True)
                if decision != self._before
            ]
            if turning:
                found.append(min(turning, key=lambda each: each.size))
        return found

    def _nearer(self, turned: _Turned) -> _Turned:
        """The same, each number of it as near to the row's as still turns the decision."""
        to = dict(turned.to)
        for name, value in turned.to.items():
            field, own = self._fields[name], self._row.get(name)
            if field.kind in {Kind.NUMBER, Kind.INTEGER} and own is not None:
                to[name] = self._halved(to, field, float(str(own)), float(str(value)))
        return _Turned(to, self._size(to))

    def _halved(self, to: dict[str, Scalar], field: Field, own: float, turns: float) -> Scalar:
        still = min(max(own, float(field.low or 0.0)), float(field.high or 0.0))
        if still != own and self._decided([{**to, field.name: _plain(field, still)}])[0] != self._before:
            return _plain(field, still)  # no nearer one is inside of the range
        for _ in range(HALVINGS):
            middle = (still + turns) / 2
            value = _whole(middle, turns) if field.kind is Kind.INTEGER else middle
            if value in (still, turns):
                break
            if self._decided([{**to, field.name: _plain(field, value)}])[0] == self._before:
                still = value
            else:
                turns = value
        if field.kind is Kind.NUMBER:
            short = _short(still, turns)
            if _within(field, short) and self._decided([{**to, field.name: short}])[0] != self._before:
                turns = short
        return _plain(field, turns)

    def _decided(self, changes: Sequence[Mapping[str, Scalar]]) -> list[str]:
        outputs = self._runtime.predict([{**self._row, **each} for each in changes])
        return [self._decide(output) for output in outputs]

    def _size(self, to: Mapping[str, Scalar]) -> float:
        return sum(_size(self._fields[name], self._row.get(name), value) for name, value in to.items())

    def _told(self, turned: _Turned) -> Counterfactual:
        (output,) = self._runtime.predict([{**self._row, **turned.to}])
        changes = tuple(Change(name, self._row.get(name), value) for name, value in turned.to.items())
        return Counterfactual(changes, self._decide(output), output)


def _choices(field: Field, own: Scalar, points: int) -> list[Scalar]:
    """What a field may be instead; nothing for a text, a moment, and a number without a range."""
    if field.kind is Kind.BOOLEAN:
        return [value for value in (False, True) if value is not own]
    if field.kind is Kind.CATEGORY:
        others = [each for each in field.categories if type(each) is not type(own) or each != own]
        return others[: 3 * points]
    if field.kind not in {Kind.NUMBER, Kind.INTEGER} or field.low is None or field.high is None:
        return []
    numbers = np.linspace(field.low, field.high, points).tolist()
    values = dict.fromkeys(_plain(field, number) for number in numbers)
    return [value for value in values if value != own and _within(field, value)]


def _plain(field: Field, number: float) -> int | float:
    return round(number) if field.kind is Kind.INTEGER else float(number)


def _within(field: Field, value: Scalar) -> bool:
    return field.low is not None and field.high is not None and field.low <= float(str(value)) <= field.high


def _whole(middle: float, turns: float) -> float:
    """A whole number next to the middle, on the side of the one that turns."""
    return float(np.ceil(middle) if turns > middle else np.floor(middle))


def _short(still: float, turns: float) -> float:
    """A number of few digits next to the one that turns, farther from the one that does not."""
    if not turns:
        return turns
    step = 10.0 ** (np.floor(np.log10(abs(turns))) - DIGITS + 1)
    up = turns > still
    return float(f"{(np.ceil if up else np.floor)(turns / step) * step:.{DIGITS + 9}g}")


def _size(field: Field, own: Scalar, value: Scalar) -> float:
    if field.kind not in {Kind.NUMBER, Kind.INTEGER} or own is None:
        return 1.0
    span = float(field.high or 0.0) - float(field.low or 0.0)
    return abs(float(str(value)) - float(str(own))) / span if span else 1.0
