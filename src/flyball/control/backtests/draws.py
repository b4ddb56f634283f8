"""Predictions whose arm was drawn at random: the chance with which was decided what was decided."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flyball.control.backtests.counts import Counts
from flyball.control.backtests.rows import number_of, unit_of
from flyball.control.backtests.subject import Subject
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors
from flyball.control.routing.foreseeing.answers import Answer, Asking
from flyball.domain.abtests.assignment import SLOTS
from flyball.domain.errors import FlyballError, NotFound
from flyball.domain.records import Prediction
from flyball.domain.routing import Arm, Decision, Route
from flyball.domain.values import Scalar, finite, label_of, label_text

NO_ROUTE = "The route under which it was answered has no such A/B test."
BY_ANOTHER = "Another arm answered it: its own failed, or was too late."
OTHER_DECISION = "None of the arms that may have answered it decides so now."
OTHER_SHARE = "Its arm had another share in its route than the chance that was recorded."
NO_ARM = "Another arm of its test cannot be asked what it would have decided: {}"
NOT_ASKED = "Another arm of its test takes what was not recorded, or refuses it."
UNDECIDED = "Nothing was decided about it, or would be."
NO_REWARD = "What happened cannot be counted as a number."
TOLERANCE = 1e-9


class Uncounted(Exception):
    """Why no estimate takes a row."""


@dataclass(frozen=True, slots=True)
class _Share:
    """An arm of a test, the chance with which it was drawn, and who answers for it, or why nobody does."""

    arm: Arm
    chance: float
    asking: Asking | str

    def is_of(self, stored: Prediction) -> bool:
        """Whether it may have answered: of arms with one version and one share nobody knows which did."""
        own = (self.arm.name, self.arm.version) == (stored.arm, stored.version)
        return own and abs(self.chance - (stored.propensity or 0.0)) <= TOLERANCE

    def decisions(self, page: Sequence[Prediction]) -> dict[UUID, str | None]:
        """What it would decide about those predictions that it can be asked about."""
        answers = self.asking.ask(page) if isinstance(self.asking, Asking) else []
        return {stored.id: decision for stored, _, decision in answers}


class Draws:
    """Makes rows for estimates of predictions that were drawn, which need what each arm would have decided.

    Two arms may decide the same: the chance of a decision is that of all arms which make it.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._shares: dict[int, tuple[Route | None, list[_Share]]] = {}
        self._askings: dict[tuple[int, Decision | None], Asking | str] = {}

    def rows(
        self, drawn: Sequence[Answer], known: Mapping[UUID, Scalar], counts: Counts
    ) -> Iterator[dict[str, Any]]:
        """A row of each that has an outcome that counts, and of which every arm's decision is known."""
        by_route: dict[int, list[Answer]] = defaultdict(list)
        for answer in drawn:
            if answer[0].id in known:
                by_route[answer[0].route].append(answer)
            else:
                counts.drawn_lacking += 1
        for number, answers in by_route.items():
            route, shares = self._of(number)
            page = [stored for stored, _, _ in answers]
            decisions = [(each, each.decisions(page)) for each in shares]
            for answer in answers:
                try:
                    yield self._row(answer, known[answer[0].id], route, decisions)
                except Uncounted as uncounted:
                    counts.not_estimated[str(uncounted)] += 1

    def _row(
        self,
        answer: Answer,
        outcome: Scalar,
        route: Route | None,
        decisions: Sequence[tuple[_Share, Mapping[UUID, str | None]]],
    ) -> dict[str, Any]:
        stored, output, would = answer
        if stored.decision is None or would is None:
            raise Uncounted(UNDECIDED)
        made = _made(stored, route, decisions)
        return {
            "reward": self._reward(outcome),
            "chance": made[stored.decision],
            "is_same": would == stored.decision,
            "is_covered": would in made,
            "done": number_of(stored.decision),
            "would": number_of(would),
            "score": self._score(output),
            "unit": number_of(_drawn_unit(route, stored)),
            "draw": number_of(str(stored.id)),
        }

    def _of(self, number: int) -> tuple[Route | None, list[_Share]]:
        """A route by its number, and the arms of its test with their chances."""
        if number not in self._shares:
            try:
                route = selectors.document(selectors.revision(self._subject.endpoint, number))
            except NotFound:
                self._shares[number] = (None, [])
            else:
                shares = [_Share(arm, chance, self._asking(arm)) for arm, chance in _chances(route)]
                self._shares[number] = (route, shares)
        return self._shares[number]

    def _asking(self, arm: Arm) -> Asking | str:
        key = (arm.version, arm.decision)
        if key not in self._askings:
            try:
                version = registry.version(self._subject.endpoint, arm.version)
                asking = Asking(registry.manifest(version), registry.loaded(version), arm.decision)
                self._askings[key] = asking
            except FlyballError as error:
                self._askings[key] = error.detail
        return self._askings[key]

    def _reward(self, outcome: Scalar) -> float:
        if not self._subject.is_labelled:
            reward = finite(outcome)
        else:
            label = label_of(outcome, self._subject.manifest.classes)
            positive = self._subject.positive
            reward = None if label is None or positive is None else float(label == positive)
        if reward is None:
            raise Uncounted(NO_REWARD)
        return reward

    def _score(self, output: Mapping[str, Any]) -> float:
        """The number by which rewards are foreseen: what the version says itself."""
        if not self._subject.is_labelled:
            return float(output["value"])
        return float(output["probabilities"][label_text(self._subject.positive)])


def is_drawn(stored: Prediction) -> bool:
    """Whether chance chose who answers it, and the chance is known."""
    return stored.test is not None and stored.propensity is not None


def _made(
    stored: Prediction,
    route: Route | None,
    decisions: Sequence[tuple[_Share, Mapping[UUID, str | None]]],
) -> dict[str | None, float]:
    """Each decision that some arm makes about a prediction, with the chance of all arms that make it."""
    if route is None or route.test is None or route.test.number != stored.test:
        raise Uncounted(NO_ROUTE)
    if stored.answered is not None:
        raise Uncounted(BY_ANOTHER)
    own = [share for share, _ in decisions if share.is_of(stored)]
    if not own:
        raise Uncounted(OTHER_SHARE)
    made: dict[str | None, float] = defaultdict(float)
    for share, known in decisions:
        if own == [share]:
            made[stored.decision] += share.chance
        elif stored.id in known:
            made[known[stored.id]] += share.chance
        else:
            raise Uncounted(NO_ARM.format(share.asking) if isinstance(share.asking, str) else NOT_ASKED)
    if stored.decision not in made:
        raise Uncounted(OTHER_DECISION)
    return dict(made)


def _chances(route: Route) -> list[tuple[Arm, float]]:
    """The arms of a route's test, each with its part of the slots."""
    held: Counter[int] = Counter()
    for place, length in () if route.test is None else route.test.runs:
        held[place] += length
    return [(route.answering[place], length / SLOTS) for place, length in held.items()]


def _drawn_unit(route: Route | None, stored: Prediction) -> str:
    """For whom an arm was drawn: the value of the test's column; without one, whose the prediction is."""
    test = None if route is None else route.test
    own = None if test is None else test.unit_of(stored.entity, stored.input, stored.reference)
    return own or unit_of(stored)
