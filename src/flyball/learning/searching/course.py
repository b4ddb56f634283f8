"""One candidate on its way from the first trial to its last fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flyball.domain.declaration import Search
from flyball.learning.candidates import SearchCandidate
from flyball.learning.searching.bench import Bench, Fit
from flyball.learning.searching.judging import Ended, Standing
from flyball.learning.searching.search import Drawn, drawn, finished
from flyball.learning.units import Asked, CandidateFailed, Found, Known, Outcome, Steps, Unit, plain


class Course:
    """A candidate's search and last fit, as far as its units are known.

    While it ``is_held``, nothing above the draws of the rows is wanted. ``ended`` is why it is held for good.
    """

    def __init__(
        self, candidate: SearchCandidate, bench: Bench, limits: Search, known: Known, *, is_held: bool
    ) -> None:
        self.name = candidate.name
        self.trials = candidate.points(limits.trials)
        self.is_held = is_held
        self.is_fitted = False
        self.found: Found | None = None
        self.ended: Ended | None = None
        self.error = ""
        self.drawing = 0.0
        """What its units on draws of the rows took, in the order of points (seconds)."""
        self.share = 0.0
        self._bench = bench
        self._known = known
        self._folds = [len(rung) for rung in bench.rungs]
        self._seconds: dict[Unit, float] = {}
        self._most = (0, 1)
        self._drawn: Drawn | None = None
        self._steps = self._all(candidate, limits, is_compared=is_held)

    def wanted(self) -> list[Asked]:
        """The units that it needs now; none while it is held, and at its end."""
        if self.share == 1:
            return []
        try:
            missing = next(self._steps)
        except StopIteration:
            self.share = 1.0
            return []
        except CandidateFailed as failed:
            self.error, self.share = str(failed), 1.0
            self.drawing = self.drawing or failed.seconds
            return []
        if missing:
            self.share = self._shared(missing)
        return missing

    @property
    def spent(self) -> float:
        """What its units took (seconds)."""
        return sum(self._seconds.values())

    @property
    def fit_seconds(self) -> float:
        """What a fit on all rows has taken, as far as its folds have shown."""
        own = self.found and [
            seconds
            for unit, seconds in self._seconds.items()
            if (unit.rung, unit.point) == (len(self._folds) - 1, self.found.point)
        ]
        return sum(own or ()) / self._folds[-1]

    def standing(self) -> Standing | None:
        """How it stands on draws of the rows, if it has come so far."""
        if self._drawn is None:
            return None
        best, sizes = self._drawn.points[0], self._bench.sizes
        outcome = self._known(Asked(Unit(self.name, best.rung, best.number), best.parameters))
        seconds = outcome.seconds / len(outcome.scores) if outcome else 0.0
        most = self._bench.candidates[self.name].rows or sizes[-1]
        growth = min(sizes[-1], most) / min(sizes[best.rung], most)
        finished = len(self._drawn.finalists) + self._bench.plan.wanted.is_anything
        fits = self._folds[-1] * finished + 1
        return Standing(name=self.name, drawn=self._drawn, cost=seconds * growth * fits)

    def unfitted(self) -> Fit | None:
        """Why there is no last fit, where no point works or it was ended."""
        if self.error:
            return Fit(name=self.name, error=self.error, seconds=self.spent)
        if self.ended is None:
            return None
        drawn = self._drawn or Drawn([], None, 0, 0.0, in_time=True)
        return Fit(
            name=self.name,
            parameters=plain(drawn.points[0].parameters) if drawn.points else {},
            trials=drawn.trials,
            stopped_by_time=self.ended.by_time or not drawn.in_time,
            seconds=self.spent,
            ended=self.ended.sentence,
        )

    def _all(self, candidate: SearchCandidate, limits: Search, *, is_compared: bool) -> Steps[None]:
        seed, folds = self._bench.plan.seed, self._folds
        self._drawn = yield from drawn(candidate, folds, limits, seed, self._noted, is_compared=is_compared)
        self.drawing = self._drawn.seconds
        while self.is_held:
            yield []
        yield from self._fitted((yield from finished(self.name, self._drawn, folds, self._noted)))

    def _fitted(self, found: Found) -> Steps[None]:
        """The last fit, of what was found."""
        self.found = found
        unit = Unit(self.name, len(self._folds), found.point)
        last = Asked(unit, found.parameters, replace(found, seconds=self.spent))
        while (outcome := self._noted(last)) is None:
            yield [last]
        self.is_fitted = not outcome.error

    def _noted(self, asked: Asked) -> Outcome | None:
        outcome = self._known(asked)
        if outcome is not None:
            self._seconds[asked.unit] = outcome.seconds
        return outcome

    def _shared(self, missing: Sequence[Asked]) -> float:
        """The part that is done: rungs, the last fit as one more, and of this rung its units."""
        first = missing[0].unit
        if first.rung == 0:
            done = (first.point - 1) / self.trials
        else:
            if self._most[0] != first.rung:
                self._most = first.rung, len(missing)
            done = 1 - len(missing) / self._most[1]
        return (first.rung + done) / (len(self._folds) + 1)
