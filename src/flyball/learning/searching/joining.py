"""An ensemble on its way: it waits for the others, and takes its parts from what they have come to."""

from __future__ import annotations

import math
from collections.abc import Sequence

from flyball.domain.declaration import Search
from flyball.learning.candidates import SearchCandidate
from flyball.learning.searching.bench import Bench
from flyball.learning.searching.course import Course
from flyball.learning.searching.ensembles.combining import FEWEST, INNER
from flyball.learning.searching.ensembles.parts import joined
from flyball.learning.searching.judging import Ended, late
from flyball.learning.searching.search import Point, Rung, climb, mean
from flyball.learning.units import Found, Known, Steps

MOST = 5
"""Parts: the best ones by their folds on all rows."""


class Joining(Course):
    """An ensemble's folds on all rows, and its last fit.

    ``others`` are those that it may take; ``before`` are ensembles that get their time first. It has one
    point: the best ones of its parts.
    """

    def __init__(
        self,
        candidate: SearchCandidate,
        bench: Bench,
        limits: Search,
        known: Known,
        *,
        others: Sequence[Course],
        before: Sequence[Joining],
    ) -> None:
        self._others = others
        self._before = before
        self.cost = 0.0
        super().__init__(candidate, bench, limits, known, is_held=False)

    def _all(self, candidate: SearchCandidate, limits: Search, *, is_compared: bool) -> Steps[None]:
        while not self._is_turn():
            yield []
        parts = self._parts()
        self.ended = self._hindered(parts, limits.total)
        if self.ended is not None:
            return
        given = {part.name: part.found.parameters for part in parts if part.found}
        point, last = Point(1, joined(given)), len(self._folds) - 1
        # Always fold by fold: of a small draw, too, each is as long as several fits of every part.
        rung = Rung(self.name, last, self._folds[last], self._noted, is_by_fold=True)
        (point,) = (yield from climb([point], rung, 0.0, math.inf)).points
        stopped = any(part.found.stopped_by_time for part in parts if part.found)
        yield from self._fitted(
            Found(
                point=point.number,
                parameters=point.parameters,
                scores=point.scores,
                trials=1,
                stopped_by_time=stopped,
            )
        )

    def _is_turn(self) -> bool:
        """Whether all others have come to an end for good."""
        is_over = all(each.share == 1 or each.ended is not None for each in self._others)
        # Where nothing could be fitted, those that were ended go on.
        is_for_good = any(each.is_fitted for each in self._others) or not any(
            each.ended for each in self._others
        )
        return is_over and is_for_good

    def _parts(self) -> list[Course]:
        fitted = [each for each in self._others if each.is_fitted and each.found]
        return sorted(fitted, key=lambda each: -mean(each.found.scores if each.found else ()))[:MOST]

    def _hindered(self, parts: Sequence[Course], total: float | None) -> Ended | None:
        if len(parts) < FEWEST:
            names = parts[0].name if parts else "none"
            return Ended(f"It takes {FEWEST} candidates that were fitted on all rows; there is {names}.")
        fits = (INNER + 1) * (self._folds[-1] + 1)
        self.cost = fits * sum(part.fit_seconds for part in parts)
        if total is None:
            return None
        left = total - sum(each.spent for each in self._others) - sum(each.cost for each in self._before)
        if self.cost <= left:
            return None
        self.cost, said = 0.0, late(self.cost, left, total)
        return said
