"""The units of a build as rows: a build that goes on finds what an earlier attempt has finished."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from flyball.control.registry.models import Build, BuildUnit
from flyball.domain.errors import Conflict
from flyball.domain.records import now
from flyball.learning.units import Compute, Outcome, Unit, plain


class Changed(Exception):
    """A unit was asked for with other parameters than those that it is kept with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimant:
    """Who carries a build out.

    ``fence`` is called in each transaction that begins a part of the build, ``got_on`` in each that keeps
    one; both raise where the build is somebody else's by now. ``log`` takes lines for people.
    """

    name: str
    fence: Callable[[], None] = lambda: None
    got_on: Callable[[], None] = lambda: None
    log: Callable[[str], None] = lambda line: None


class UnitRows:
    """The rows of a build, read once: nobody else writes them while the claimant has the build.

    A unit that was begun and not done is taken over: who began it is dead.
    """

    def __init__(self, build: Build, claimant: Claimant) -> None:
        self._build = build
        self._claimant = claimant
        self._rows = {_unit(row): row for row in BuildUnit.objects.filter(build=build)}

    def __call__(self, unit: Unit, parameters: Mapping[str, Any], compute: Compute) -> Outcome:
        """The outcome that is kept, or the one that is computed and kept now.

        Raises ``Changed``, what ``got_on`` raises, and ``Conflict`` where another one has taken the unit.
        """
        asked = plain(parameters)
        row = self._rows.get(unit)
        if row is not None and not _is_same(row.parameters, asked):
            raise Changed
        if row is not None and row.done_at is not None:
            return _outcome(row)
        claimed = self._claim(unit, asked, row)
        outcome = compute()
        if outcome.is_to_be_kept:
            self._keep(claimed, outcome)
        return outcome

    def _claim(self, unit: Unit, parameters: dict[str, Any], row: BuildUnit | None) -> BuildUnit:
        key = {name: getattr(unit, name) for name in ("candidate", "rung", "point", "fold")}
        claim = {"parameters": parameters, "claimant": self._claimant.name, "begun_at": now()}
        with transaction.atomic():
            self._claimant.fence()  # first: what who has the job has begun is not taken from it
            if row is None:
                # Since this attempt has read the rows, one that had lost the job may have begun it.
                row, _ = BuildUnit.objects.get_or_create(build=self._build, **key, defaults=claim)
            BuildUnit.objects.filter(pk=row.pk).update(**claim)
        return row

    def _keep(self, row: BuildUnit, outcome: Outcome) -> None:
        with transaction.atomic():
            self._claimant.got_on()
            own = BuildUnit.objects.filter(pk=row.pk, claimant=self._claimant.name, done_at=None)
            is_kept = own.update(
                scores=[score if math.isfinite(score) else None for score in outcome.scores],
                seconds=outcome.seconds,
                error=outcome.error,
                done_at=now(),
            )
            if not is_kept:
                raise Conflict(f"Build {self._build.pk} is carried out by somebody else by now.")


def _unit(row: BuildUnit) -> Unit:
    return Unit(row.candidate, row.rung, row.point, row.fold)


def _is_same(kept: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    # PostgreSQL gives 1e23 back as a whole number, which is not quite the same one.
    read = {
        name: float(value) if isinstance(asked.get(name), float) and isinstance(value, int) else value
        for name, value in kept.items()
    }
    return read == asked


def _outcome(row: BuildUnit) -> Outcome:
    # PostgreSQL gives a whole number back as one.
    scores = tuple(math.nan if score is None else float(score) for score in row.scores)
    return Outcome(scores, row.seconds, row.error)
