"""The A/B test of a route as it runs here: which arm answers a row, and several arms as one model."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from flyball.domain.abtests.assignment import SLOTS, Draw
from flyball.domain.errors import ModelFailed
from flyball.domain.routing import ABTest, Route
from flyball.domain.values import Scalar
from flyball.inference.runtime import Runtime
from flyball.serving.calls import Row

Rows = Sequence[Mapping[str, Scalar]]
T = TypeVar("T")


class Place(msgspec.Struct, frozen=True):
    """An arm of a route, by its place among the arms; the test that it was drawn in, and how probably."""

    arm: int
    test: int | None = None
    propensity: float | None = None


class Running(Generic[T]):
    """An A/B test that is in force: gives each row what answers it, the same on every replica."""

    def __init__(
        self, route: Route, test: ABTest, answering: Callable[[Place], T], numbers: Container[str] = ()
    ) -> None:
        """``answering`` makes of a place what answers there, once for all rows.

        ``numbers`` are the fields that versions store as floats: a large whole number is not the one sent.
        """
        self._numbers = numbers
        self._test = test
        self._draw = Draw(test.salt, [length for _, length in test.runs])
        held: dict[int, int] = {}
        for arm, length in test.runs:
            held[arm] = held.get(arm, 0) + length
        of = {arm: answering(Place(arm, test.number, length / SLOTS)) for arm, length in held.items()}
        self._runs = [of[arm] for arm, _ in test.runs]
        self._outside = answering(Place(route.answering.index(route.champion)))
        self._uuids = frozenset(lookup.on for lookup in route.lookups if lookup.is_uuid)

    def of(self, row: Row) -> T:
        """What answers the row's unit; the champion, outside the test, where a row names none of its units.

        By the row as it was sent: what is wrong with it is said when the row is checked.
        """
        unit = self._test.unit_of(row.entity, row.input, row.reference, self._uuids, self._numbers)
        if unit is None or not self._test.has(unit):
            return self._outside
        return self._runs[self._draw.run(unit)]


class Split:
    """Several versions as one model: each row of one call is answered by the version of its arm."""

    def __init__(self, runtimes: Sequence[Runtime], of: Callable[[int], tuple[int, str | None]]) -> None:
        """``of`` says of the row at a place which version and arm its runtime is."""
        self.runtimes = runtimes
        self.parts = by_runtime(runtimes)
        self._of = of

    @property
    def direct(self) -> bool:
        """Whether each of them answers where it is asked."""
        return all(runtime.direct for runtime, _ in self.parts)

    def predict(self, rows: Rows) -> list[dict[str, Any]]:
        """One output a row, in order, of the runtime at the row's place. Raises as they do."""
        return self.joined([self._asked(runtime, places, rows) for runtime, places in self.parts])

    def joined(self, outputs: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
        """The outputs of all parts in the order of the rows. Raises ``ValueError`` where some are missing."""
        found: list[dict[str, Any]] = [{}] * len(self.runtimes)
        for (_, places), some in zip(self.parts, outputs, strict=True):
            for place, output in zip(places, some, strict=True):
                found[place] = output
        return found

    def blame(self, error: ModelFailed, places: Sequence[int]) -> None:
        """Say which version and arm it was that failed."""
        error.of = self._of(places[0])

    def _asked(self, runtime: Runtime, places: Sequence[int], rows: Rows) -> list[dict[str, Any]]:
        try:
            return runtime.predict([rows[place] for place in places])
        except ModelFailed as error:
            self.blame(error, places)
            raise


def by_runtime(runtimes: Sequence[Runtime]) -> list[tuple[Runtime, list[int]]]:
    """Each runtime once, with the places of the rows that it answers."""
    known = {id(runtime): runtime for runtime in runtimes}
    places: dict[int, list[int]] = {each: [] for each in known}
    for place, runtime in enumerate(runtimes):
        places[id(runtime)].append(place)
    return [(known[each], places[each]) for each in known]
