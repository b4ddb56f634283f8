"""The units of a build as rows: whoever works at it finds what others have begun and finished."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction

from flyball.control.jobs import selectors as jobs
from flyball.control.jobs.sharing import claims
from flyball.control.jobs.sharing.claims import Claimant
from flyball.control.registry.models import Build, BuildUnit, CandidateResult
from flyball.domain.errors import Conflict
from flyball.domain.records import now
from flyball.learning.units import Asked, Outcome, Unit, plain


class Changed(Exception):
    """A unit was asked for with other parameters than those that it is kept with."""


class UnitRows:
    """The rows of a build, as they were when they were last read."""

    def __init__(self, build: Build, claimant: Claimant) -> None:
        self._build = build
        self._claimant = claimant
        self._rows: dict[Unit, BuildUnit] = {}
        self._unkept: dict[Unit, Outcome] = {}
        self.read()

    def read(self) -> None:
        """Read what was begun and done since."""
        done = {unit: row for unit, row in self._rows.items() if row.done_at is not None}
        since = BuildUnit.objects.filter(build=self._build).exclude(pk__in=[row.pk for row in done.values()])
        self._rows = done | {_unit(row): row for row in since}

    def known(self, asked: Asked) -> Outcome | None:
        """The outcome that is kept, or was not to be kept. Raises ``Changed``."""
        if asked.unit in self._unkept:
            return self._unkept[asked.unit]
        row = self._rows.get(asked.unit)
        if row is not None and not _is_same(row.parameters, plain(asked.parameters)):
            raise Changed
        return None if row is None or row.done_at is None else _outcome(row)

    def open(self, wanted: Iterable[Asked]) -> list[Asked]:
        """Those that the claimant may begin: nobody has, or, where it takes over, nobody who lives."""
        begun = {asked.unit: self._rows[asked.unit] for asked in wanted if asked.unit in self._rows}
        living = jobs.holders() if begun and self._claimant.takes_over else set()
        return [asked for asked in wanted if self._is_open(begun.get(asked.unit), living)]

    def claim(self, asked: Asked) -> BuildUnit | None:
        """The row of an open unit, claimed; ``None`` where another one was quicker.

        Raises what ``fence`` raises.
        """
        key = {name: getattr(asked.unit, name) for name in ("candidate", "rung", "point", "fold")}
        parameters = plain(asked.parameters)
        left = self._rows.get(asked.unit)
        with transaction.atomic():
            self._claimant.fence()  # first: what who has the job has begun is not taken from it
            if left is None:
                claim = {"parameters": parameters, "claimant": self._claimant.name, "begun_at": now()}
                row, is_own = BuildUnit.objects.get_or_create(build=self._build, **key, defaults=claim)
            else:
                row, is_own = left, claims.take(left, self._claimant, parameters=parameters)
        return row if is_own else None

    def keep(self, row: BuildUnit, outcome: Outcome, result: CandidateResult | None = None) -> None:
        """Keep the outcome of a unit that was claimed; of a last fit, with its place on the leaderboard.

        Raises what ``got_on`` raises, and ``Conflict`` where another one has taken the unit.
        """
        if not outcome.is_to_be_kept:
            self._unkept[_unit(row)] = outcome
            return
        with transaction.atomic():
            self._claimant.got_on()
            scores = [score if math.isfinite(score) else None for score in outcome.scores]
            kept = {"scores": scores, "seconds": outcome.seconds, "error": outcome.error}
            if not claims.keep(row, self._claimant, **kept):
                raise Conflict(f"Build {self._build.pk} is carried out by somebody else by now.")
            if result is not None:
                result.save()

    def _is_open(self, begun: BuildUnit | None, living: Collection[str]) -> bool:
        return begun is None or self._claimant.may_take(begun.claimant, living)


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
