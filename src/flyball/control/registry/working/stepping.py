"""A build as one of its workers sees it: what is wanted, and one unit after the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flyball.control.jobs.sharing.claims import Claimant
from flyball.control.registry.models import Build, CandidateResult
from flyball.control.registry.working import packaging
from flyball.control.registry.working.units import UnitRows
from flyball.domain.declaration import Endpoint

if TYPE_CHECKING:
    from flyball.learning.dataset import Dataset
    from flyball.learning.units import Asked, Outcome


class Worker:
    """Computes units of a build that has a snapshot.

    All that is decided follows from the units that are kept, so that every worker decides the same, and none
    has to tell another one what to do.
    """

    def __init__(
        self, build: Build, dataset: Dataset, declaration: type[Endpoint], claimant: Claimant
    ) -> None:
        from flyball.learning.searching.bench import Bench
        from flyball.learning.selection import Plan, Selection

        self.build = build
        self.claimant = claimant
        self._dataset = dataset
        self._declaration = declaration
        self._bench = Bench.of(dataset, Plan.of(declaration))
        self._rows = UnitRows(build, claimant)
        self.selection = Selection(self._bench, self._rows.known)

    def wanted(self) -> list[Asked]:
        """The units that are to be done now, with those that others have begun; none once all is done.

        Raises ``Changed``.
        """
        self._rows.read()
        return self.selection.wanted()

    def open(self, wanted: Sequence[Asked]) -> list[Asked]:
        """Those that nobody has begun."""
        return self._rows.open(wanted)

    def step(self, opened: Sequence[Asked]) -> tuple[Asked, Outcome] | None:
        """Claim the first of these that can be had, compute and keep it; ``None`` where others have all.

        Raises what the claimant's ``fence`` and ``got_on`` raise, and ``Conflict`` where another one has
        taken the unit meanwhile.
        """
        for asked in opened:
            row = self._rows.claim(asked)
            if row is not None:
                outcome, result = self._compute(asked)
                self._rows.keep(row, outcome, result)
                return asked, outcome
        return None

    def _compute(self, asked: Asked) -> tuple[Outcome, CandidateResult | None]:
        from flyball.learning.units import Outcome

        if asked.found is None:
            return self._bench.outcome(asked), None
        begun = time.monotonic()
        fit = self._bench.fit(asked.unit.candidate, asked.found)
        assert self.build.snapshot is not None  # noqa: S101 - it is what the rows are from
        result = packaging.result(self.build, self.build.snapshot, self._dataset, self._declaration, fit)
        return Outcome((), time.monotonic() - begun, result.error), result
