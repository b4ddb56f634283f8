"""Model selection: features × algorithm × hyperparameters, searched, cross-validated, scored at last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from flyball.learning.dataset import Dataset
from flyball.learning.searching.bench import Bench, Fit
from flyball.learning.searching.course import Course
from flyball.learning.searching.fitting import BASELINE
from flyball.learning.searching.joining import Joining
from flyball.learning.searching.judging import Ended, hopeless, too_long
from flyball.learning.searching.plan import Plan
from flyball.learning.searching.search import mean
from flyball.learning.units import Asked, Known, Outcome, Unit

__all__ = ["Fit", "Plan", "Progress", "Report", "Scored", "Selection", "ranked", "select"]

DRAWING = 0.5
"""The part of a build's time that is for draws of the rows, where it is limited."""


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

    Each candidate is searched on the training rows (``search.drawn``): many points on few rows, the better
    ones on more (``rungs.rungs``). Once all have come so far, those that are hopeless end (``judging``), and
    so do those for which no time is left; but where no other one can be fitted in the end, they go on. Of
    the rest the best points are cross-validated on all rows, with the defaults (``search.finished``), and at
    last the best is fitted on all of them. The catalogue limits the rows that slow algorithms are fitted on.
    A fold that trains without one of the labels has no score.
    """

    def __init__(self, bench: Bench, known: Known) -> None:
        self._bench = bench
        limits = bench.plan.search
        single = [each for each in bench.candidates.values() if not each.is_ensemble]
        others = max(1, len(single) - 1)
        # The baseline is what all are seen beside, and costs nothing.
        is_judged = len(bench.rungs) > 1 and others > 1
        if limits.total is not None:
            drawing = limits.total * (DRAWING if is_judged else 1.0) / others
            limits = replace(limits, seconds=min(limits.seconds, drawing))
        self._courses = [
            Course(candidate, bench, limits, known, is_held=is_judged and candidate.name != BASELINE)
            for candidate in single
        ]
        parts, ensembles = [each for each in self._courses if each.name != BASELINE], list[Joining]()
        for candidate in bench.candidates.values():
            if candidate.is_ensemble:
                own = Joining(candidate, bench, limits, known, others=parts, before=tuple(ensembles))
                ensembles.append(own)
        # Last, wherever they are declared: whether it is their turn is seen once the others were asked.
        self._courses += ensembles

    def wanted(self) -> list[Asked]:
        """The units that are not known and can be computed now, in order of declaration; none at the end.

        A last fit may be wanted beside units of other candidates. Raises what ``known`` raises.
        """
        while True:
            wanted = [asked for course in self._courses for asked in course.wanted()]
            if wanted or not self._released():
                return wanted

    def failed(self) -> list[Fit]:
        """Those candidates of which no point works, as far as that is known."""
        return [fit for fit in self.unfitted() if fit.error]

    def unfitted(self) -> list[Fit]:
        """The same, and those that were ended; once nothing is wanted any more that is for good."""
        fits = [course.unfitted() for course in self._courses]
        return [fit for fit in fits if fit is not None]

    def progress(self, unit: Unit, outcome: Outcome) -> Progress:
        """How far all is, once ``wanted`` was asked again, with a unit that is done."""
        (course,) = [course for course in self._courses if course.name == unit.candidate]
        score = mean(outcome.scores) if outcome.scores else None
        share = sum(course.share for course in self._courses) / len(self._courses)
        return Progress(unit.candidate, unit.point, course.trials, score, share)

    def _released(self) -> bool:
        """Let go on who is not ended; where nobody else could be fitted, also who was. Whether any is."""
        held = [course for course in self._courses if course.is_held and course.standing() is not None]
        if any(course.ended for course in held):
            is_fitted = any(course.is_fitted for course in self._courses if course.name != BASELINE)
            ended = {} if not is_fitted else {course.name: course.ended for course in held}
        else:
            ended = {**self._ended(held)}
        for course in held:
            course.ended = ended.get(course.name)
            course.is_held = course.ended is not None
        return not all(course.is_held for course in held)

    def _ended(self, held: Sequence[Course]) -> Mapping[str, Ended]:
        limits, sizes = self._bench.plan.search, self._bench.sizes
        standings = [standing for course in held if (standing := course.standing()) is not None]
        above = len(sizes) - 2
        ended: dict[str, Ended] = {}
        if above > 0 and not limits.thorough:
            ended = hopeless(standings, above, sizes[above])
        if limits.total is not None:
            rest = [standing for standing in standings if standing.name not in ended]
            left = limits.total - sum(course.drawing for course in self._courses)
            ended |= too_long(rest, left, limits.total)
        return ended


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
            outcome = Outcome((), fits[-1].seconds - asked.found.seconds, fits[-1].error)
        outcomes[asked.unit] = outcome
        wanted = selection.wanted()
        if report is not None and asked.found is None:
            report(selection.progress(asked.unit, outcome))
    names = list(bench.candidates)
    return ranked(sorted([*fits, *selection.unfitted()], key=lambda fit: names.index(fit.name)))


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

    @property
    def ended(self) -> str:
        """Empty where it was not given up."""


Each = TypeVar("Each", bound=Scored)


def ranked(fits: Sequence[Each]) -> list[Each]:
    """The best first, those that were ended behind them, failed ones last; equal scores keep their order."""
    order = sorted(fits, key=lambda fit: (bool(fit.error), bool(fit.ended), -mean(fit.fold_scores)))
    if order[0].name == BASELINE and len(order) > 1 and not (order[1].error or order[1].ended):
        order[:2] = order[1], order[0]
    return order
