"""Recorded inputs asked of another version: what would be answered and decided, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flyball.control.routing import composition
from flyball.control.routing.foreseeing import questions
from flyball.control.routing.foreseeing.tally import Tally
from flyball.domain.records import Prediction
from flyball.domain.routing import Decision, Manifest
from flyball.domain.values import Scalar

if TYPE_CHECKING:
    from flyball.inference.runtime import Runtime

Answer = tuple[Prediction, dict[str, Any], str | None]
"""A stored prediction, the version's output to the same input, and its decision about that."""


class Asking:
    """Asks one version, a page at a time, and counts."""

    def __init__(self, manifest: Manifest, runtime: Runtime, decision: Decision | None) -> None:
        self.tally = Tally()
        self._schema = manifest.schema
        self._runtime = runtime
        self._decision = decision if composition.fits(decision, manifest) else None

    def ask(self, page: Sequence[Prediction]) -> list[Answer]:
        """Ask with the inputs of a page; the answers, of those that could be asked."""
        asked = [(each, values) for each in page if (values := self._values(each)) is not None]
        outputs = questions.outputs(self._runtime, [values for _, values in asked])
        answers: list[Answer] = []
        for (stored, _), output in zip(asked, outputs, strict=True):
            if output is None:
                self.tally.refuse("The model gives no answer to it.")
            else:
                decided = None if self._decision is None else self._decision.decide(output)
                self.tally.add(stored, output, decided)
                answers.append((stored, output, decided))
        return answers

    def _values(self, stored: Prediction) -> dict[str, Scalar] | None:
        """The input as the version takes it; ``None`` where it cannot be asked, which is counted."""
        self.tally.looked_at += 1
        if stored.erased_at is not None:
            self.tally.erased += 1
            return None
        asked = questions.question(self._schema, stored)
        if asked.reason:
            self.tally.refuse(asked.reason)
            return None
        self.tally.without.update(asked.without)
        return asked.values
