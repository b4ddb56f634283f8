"""The A/B test of a route as it runs here: which arm answers a row, and several arms as one model."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec

from flyball.domain.abtests.assignment import SLOTS, slot
from flyball.domain.errors import ModelFailed
from flyball.domain.routing import ABTest, Route
from flyball.domain.values import Scalar
from flyball.inference.runtime import Runtime
from flyball.serving.calls import Row


class Place(msgspec.Struct, frozen=True):
    """An arm of a route, by its place among the arms; the test that it was drawn in, and how probably."""

    arm: int
    test: int | None = None
    propensity: float | None = None


class Running:
    """An A/B test that is in force: gives each row its place, the same on every replica."""

    def __init__(self, route: Route, test: ABTest) -> None:
        self._test = test
        self._ends = list(accumulate(length for _, length in test.runs))
        held: dict[int, int] = {}
        for arm, length in test.runs:
            held[arm] = held.get(arm, 0) + length
        places = {arm: Place(arm, test.number, length / SLOTS) for arm, length in held.items()}
        self._places = [places[arm] for arm, _ in test.runs]
        self._outside = Place(route.answering.index(route.champion))
        self._uuids = frozenset(lookup.on for lookup in route.lookups if lookup.is_uuid)

    def place(self, row: Row) -> Place:
        """The arm of the row's unit; the champion, outside the test, where a row names none of its units.

        By the row as it was sent: what is wrong with it is said when the row is checked.
        """
        unit = self._test.unit_of(row.entity, row.input, row.reference, self._uuids)
        if unit is None or not self._test.has(unit):
            return self._outside
        return self._places[bisect_right(self._ends, slot(self._test.salt, unit))]


class Split:
    """Several versions as one model: each row of one call is answered by the version of its arm."""

    def __init__(self, runtimes: Sequence[Runtime], of: Sequence[tuple[int, str | None]]) -> None:
        """``of`` says of each row which version and arm its runtime is."""
        self._runtimes = runtimes
        self._of = of

    @property
    def direct(self) -> bool:
        """Whether each of them answers where it is asked."""
        return all(runtime.direct for runtime in self._runtimes)

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        """One output a row, in order, of the runtime at the row's place. Raises as they do."""
        parts: dict[int, tuple[Runtime, list[int]]] = {}
        for place, runtime in enumerate(self._runtimes):
            parts.setdefault(id(runtime), (runtime, []))[1].append(place)
        outputs: dict[int, dict[str, Any]] = {}
        for runtime, places in parts.values():
            try:
                outputs |= zip(places, runtime.predict([rows[place] for place in places]), strict=True)
            except ModelFailed as error:
                error.of = self._of[places[0]]
                raise
        return [outputs[place] for place in range(len(rows))]
