"""One part of a backtest: what was answered, what would be, and what happened, counted and kept as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flyball.control.backtests.counts import Counts
from flyball.control.backtests.draws import Draws, is_drawn
from flyball.control.backtests.rows import Rows, number_of, unit_of
from flyball.control.backtests.subject import WEEK, Subject
from flyball.control.routing.foreseeing.answers import Asking
from flyball.domain.records import Prediction
from flyball.domain.values import Scalar, finite, label_of, label_text

NOT_ASKED = "The version cannot be asked about it."
UNKNOWN_LABEL = "What happened is a label that the version does not know."
OTHER_LABELS = "It was answered by a version of other labels."
NO_NUMBER = "What happened, or what was answered, is not a number that can be scored."


class Part:
    """Counts and rows of some pages of predictions."""

    def __init__(self, subject: Subject, draws: Draws) -> None:
        self.counts = Counts()
        self.rows = Rows()
        self._subject = subject
        self._draws = draws
        self._asking = Asking(subject.manifest, subject.runtime, subject.decision)
        self._asking.tally = self.counts.tally
        self._labels = {label_text(label): place for place, label in enumerate(subject.manifest.classes)}

    def add(self, page: Sequence[Prediction], outcomes: Mapping[UUID, Scalar]) -> None:
        """A page of predictions, with the outcome of each that has one."""
        answers = self._asking.ask(page)
        drawn = [answer for answer in answers if is_drawn(answer[0])]
        every = sum(is_drawn(each) for each in page if each.erased_at is None)
        self.counts.drawn += every
        self.counts.not_estimated[NOT_ASKED] += every - len(drawn)
        found = {stored.id: self._outcome(stored, outcomes) for stored, _, _ in answers}
        known = {identity: outcome for identity, outcome in found.items() if outcome is not None}
        for stored, output, _ in answers:
            self.counts.answered_by[stored.version] += 1
            self._distance(stored, output)
            if stored.id in known:
                self._score(stored, output, known[stored.id])
        for row in self._draws.rows(drawn, known, self.counts):
            self.rows.add("drawn", row)

    def _outcome(self, stored: Prediction, outcomes: Mapping[UUID, Scalar]) -> Scalar:
        """What happened, where that may count by now; what stands against it is counted."""
        counts, subject = self.counts, self._subject
        if not subject.has_outcome:
            return None
        if subject.observed_when is not None and stored.decision != subject.observed_when:
            counts.unobserved += 1
        elif stored.created_at + subject.maturity > subject.as_of:
            counts.immature += 1
        elif (found := outcomes.get(stored.id)) is None:
            counts.lacking += 1
        else:
            counts.labelled += 1
            return found
        return None

    def _distance(self, stored: Prediction, output: Mapping[str, Any]) -> None:
        if "value" in output and (before := finite(stored.output.get("value"))) is not None:
            distance = abs(float(output["value"]) - before)
            self.rows.add("distances", {"draw": number_of(str(stored.id)), "distance": distance})

    def _score(self, stored: Prediction, output: Mapping[str, Any], outcome: Scalar) -> None:
        row = (self._by_label if self._subject.is_labelled else self._by_value)(stored, output, outcome)
        if isinstance(row, str):
            self.counts.not_scored[row] += 1
            return
        week = (stored.created_at - self._subject.start) // WEEK
        own = {"unit": number_of(unit_of(stored)), "draw": number_of(str(stored.id)), "week": week}
        self.rows.add("scored", {**row, **own})

    def _by_value(
        self, stored: Prediction, output: Mapping[str, Any], outcome: Scalar
    ) -> dict[str, Any] | str:
        happened, before = finite(outcome), finite(stored.output.get("value"))
        if happened is None or before is None:
            return NO_NUMBER
        return {"happened": happened, "before": before, "after": float(output["value"])}

    def _by_label(
        self, stored: Prediction, output: Mapping[str, Any], outcome: Scalar
    ) -> dict[str, Any] | str:
        label = label_of(outcome, self._subject.manifest.classes)
        if label is None:
            return UNKNOWN_LABEL
        was = stored.output.get("probabilities")
        if not isinstance(was, dict) or was.keys() != self._labels.keys():
            return OTHER_LABELS
        happened, before, after = (
            label_text(each) for each in (label, stored.output["label"], output["label"])
        )
        self.counts.happened[happened] += 1
        self.counts.right[happened] += before == happened
        self.counts.would_be_right[happened] += after == happened
        return {
            "happened": self._labels[happened],
            "before": self._labels[before],
            "after": self._labels[after],
            "p_before": [was[name] for name in self._labels],
            "p_after": [output["probabilities"][name] for name in self._labels],
        }
