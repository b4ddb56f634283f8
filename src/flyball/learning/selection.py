"""Model selection: features × algorithm × hyperparameters, searched, cross-validated, scored at last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from flyball.learning.candidates import SearchCandidate
from flyball.learning.dataset import Dataset
from flyball.learning.searching.bench import Bench, Fit
from flyball.learning.searching.plan import Plan
from flyball.learning.searching.search import mean, search
from flyball.learning.units import Asked, CandidateFailed, Known, Outcome, Steps, Unit

__all__ = ["Fit", "Plan", "Progress", "Report", "Scored", "Selection", "ranked", "select"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: ``trial`` of ``trials`` of one candidate, and the trial's score.

    ``share`` is the part of the build that is done (0 to 1), where all candidates are taken to last as long,
    and all rungs of one.
    """

    candidate: str
    trial: int
    trials: int
    score: float | None
    share: float


Report = Callable[[Progress], None]


class Selection:
    """All candidates, searched side by side: what is to be computed next follows from what is ``known``.

    Each candidate is searched on the training rows (``search.search``): many points on few rows, the better
    ones on more (``rungs.rungs``), and the best of them, with the defaults, cross-validated on all; at last
    the best is fitted on all of them. The catalogue limits the rows that slow algorithms are fitted on. The
    plan's ``search`` limits the search below all rows alone: the fits on all rows come after it. A fold that
    trains without one of the labels has no score.
    """

    def __init__(self, bench: Bench, known: Known) -> None:
        folds = [len(rung) for rung in bench.rungs]
        every = bench.candidates.values()
        self._courses = [_Course(candidate, bench.plan, folds, known) for candidate in every]

    def wanted(self) -> list[Asked]:
        """The units that are not known and can be computed now, in order of declaration; none at the end.

        A last fit may be wanted beside units of other candidates. Raises what ``known`` raises.
        """
        return [asked for course in self._courses for asked in course.wanted()]

    def failed(self) -> list[Fit]:
        """Those candidates of which no point works, as far as that is known."""
        return [course.failed for course in self._courses if course.failed is not None]

    def progress(self, unit: Unit, outcome: Outcome) -> Progress:
        """How far all is, once ``wanted`` was asked again, with a unit that is done."""
        (course,) = [course for course in self._courses if course.candidate.name == unit.candidate]
        score = mean(outcome.scores) if outcome.scores else None
        share = sum(course.share for course in self._courses) / len(self._courses)
        return Progress(unit.candidate, unit.point, course.trials, score, share)


@dataclass(slots=True)
class _Course:
    """One candidate on its way from the first trial to its last fit."""

    candidate: SearchCandidate
    plan: Plan
    folds: Sequence[int]
    known: Known
    failed: Fit | None = None
    share: float = 0.0
    _steps: Steps[None] | None = field(default=None, init=False)
    _seconds: dict[Unit, float] = field(default_factory=dict, init=False)
    _most: tuple[int, int] = field(default=(0, 1), init=False)

    @property
    def trials(self) -> int:
        """How many points are tried at most."""
        return self.candidate.points(self.plan.search.trials)

    def wanted(self) -> list[Asked]:
        """The units that it needs now; none at its end."""
        if self.share < 1:
            self._steps = self._steps or self._all()
            try:
                missing = next(self._steps)
            except StopIteration:
                pass
            except CandidateFailed as failed:
                self.failed = Fit(name=self.candidate.name, error=str(failed), seconds=self._spent())
            else:
                self.share = self._shared(missing)
                return missing
            self.share = 1.0
        return []

    def _all(self) -> Steps[None]:
        plan = self.plan
        found = yield from search(self.candidate, self.folds, plan.search, plan.seed, self._noted)
        unit = Unit(self.candidate.name, len(self.folds), found.point)
        last = Asked(unit, found.parameters, replace(found, seconds=self._spent()))
        while self.known(last) is None:
            yield [last]

    def _noted(self, asked: Asked) -> Outcome | None:
        outcome = self.known(asked)
        if outcome is not None:
            self._seconds[asked.unit] = outcome.seconds
        return outcome

    def _spent(self) -> float:
        return sum(self._seconds.values())

    def _shared(self, missing: Sequence[Asked]) -> float:
        """The part that is done: rungs, the last fit as one more, and of this rung its units."""
        first = missing[0].unit
        if first.rung == 0:
            done = (first.point - 1) / self.trials
        else:
            if self._most[0] != first.rung:
                self._most = first.rung, len(missing)
            done = 1 - len(missing) / self._most[1]
        return (first.rung + done) / (len(self.folds) + 1)


def select(dataset: Dataset, plan: Plan, report: Report | None = None) -> list[Fit]:
    """Every candidate's best fit, computed here; the best mean fold score first, failed ones last.

    The baseline is always among them, and first only where nothing else could be fitted. A candidate that
    raises is recorded with its error; what ``report`` raises ends the selection. Raises ``DataError`` where
    the rows cannot be split, ``DeclarationError`` for an unknown candidate.
    """
    bench, outcomes, fits = Bench.of(dataset, plan), dict[Unit, Outcome](), list[Fit]()
    selection = Selection(bench, lambda asked: outcomes.get(asked.unit))
    wanted = selection.wanted()
    while wanted:
        asked = wanted[0]
        if asked.found is None:
            outcome = bench.outcome(asked)
        else:
            fits.append(bench.fit(asked.unit.candidate, asked.found))
            outcome = Outcome((), fits[-1].seconds)
        outcomes[asked.unit] = outcome
        wanted = selection.wanted()
        if report is not None and asked.found is None:
            report(selection.progress(asked.unit, outcome))
    names = list(bench.candidates)
    return ranked(sorted([*fits, *selection.failed()], key=lambda fit: names.index(fit.name)))


class Scored(Protocol):
    """A candidate's place on a leaderboard follows from these."""

    @property
    def name(self) -> str:
        """The candidate's."""

    @property
    def fold_scores(self) -> Sequence[float | None]:
        """``None`` where the metric is not defined."""

    @property
    def error(self) -> str:
        """Empty where it could be fitted."""


Each = TypeVar("Each", bound=Scored)


def ranked(fits: Sequence[Each]) -> list[Each]:
    """The best first, failed ones last; equal scores keep their order."""
    order = sorted(fits, key=lambda fit: (bool(fit.error), -mean(fit.fold_scores)))
    if order[0].name == "baseline" and len(order) > 1 and not order[1].error:
        order[:2] = order[1], order[0]
    return order
