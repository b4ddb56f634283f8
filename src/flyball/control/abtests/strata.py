"""The strata of a test: its weights over time, read from the route revisions that had it in force."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from flyball.control.abtests.models import ABTest
from flyball.control.routing import selectors as routing
from flyball.domain import routing as published
from flyball.domain.abtests.assignment import Allocation
from flyball.domain.routing import Arm, Route

CHAMPION = "champion"


def label(arm: Arm) -> str:
    """What an arm of a test is called: ``champion``, ``8``, or ``8@0.4`` with a threshold of its own."""
    if arm.name == CHAMPION:
        return CHAMPION
    return str(arm.version) if arm.threshold is None else f"{arm.version}@{arm.threshold:g}"


def is_assigned(arm: Arm) -> bool:
    """Whether units of a test may belong to an arm."""
    return arm.name in {CHAMPION, *published.TESTED}


@dataclass(frozen=True, slots=True)
class Stratum:
    """The time in which the weights were the same. ``arms`` by label; ``test`` as the first revision says."""

    number: int
    revision: int
    since: datetime
    test: published.ABTest
    allocation: Allocation
    arms: Mapping[str, Arm]

    @property
    def shares(self) -> dict[str, float]:
        """By arm, the champion first."""
        held = self.allocation.shares()
        return {name: held[name] for name in sorted(held, key=lambda each: each != CHAMPION)}


@dataclass(frozen=True)
class History:
    """All strata of a test, and the revision that ended it with its moment, once one has."""

    strata: tuple[Stratum, ...]
    ended_by: int | None = None
    ended_at: datetime | None = None

    def of_route(self, number: int) -> Stratum:
        """The stratum of what was answered under a revision."""
        return self.strata[bisect_right(self._revisions, number) - 1]

    def counts_until(self, stratum: int, slot: int) -> datetime | None:
        """From when on a unit of a stratum counts no further: it has another arm, or the test is over."""
        owner = self.owner(stratum, slot)
        for later in self.strata[stratum + 1 :]:
            if self.owner(later.number, slot) != owner:
                return later.since
        return self.ended_at

    def owner(self, stratum: int, slot: int) -> str:
        """The arm that a slot belongs to in a stratum."""
        return self._owners[stratum][slot]

    @cached_property
    def _owners(self) -> list[tuple[str, ...]]:
        return [each.allocation.owners() for each in self.strata]

    @cached_property
    def _revisions(self) -> list[int]:
        return [each.revision for each in self.strata]

    @cached_property
    def challengers(self) -> tuple[str, ...]:
        """Every arm beside the champion that ever had a share, in order."""
        named = (name for each in self.strata for name in each.arms if name != CHAMPION)
        return tuple(dict.fromkeys(named))


def history(test: ABTest) -> History:
    """What route revisions say of a test; no strata where it was never in force."""
    strata: list[Stratum] = []
    every = routing.revisions(test.endpoint_id).filter(number__gt=test.before).reverse()
    for each in every.iterator():
        route = routing.document(each)
        if route.test is not None and route.test.number == test.number:
            found = _stratum(len(strata), route, each.created_at)
            if not strata or strata[-1].allocation != found.allocation:
                strata.append(found)
        elif strata:
            return History(tuple(strata), each.number, each.created_at)
    return History(tuple(strata))


def allocation(route: Route) -> Allocation:
    """Which slots of its test belong to which arm, by label."""
    names = [label(arm) for arm in route.answering]
    return Allocation(tuple((names[at], slots) for at, slots in _runs(route)))


def runs(arms: Sequence[Arm], allocated: Allocation) -> tuple[tuple[int, int], ...]:
    """The same as it is published: arms by their places. They are in order (``routing.ordered``)."""
    places = {label(arm): at for at, arm in enumerate(arms) if is_assigned(arm)}
    return tuple((places[name], slots) for name, slots in allocated.runs)


def _runs(route: Route) -> tuple[tuple[int, int], ...]:
    return () if route.test is None else route.test.runs


def _stratum(number: int, route: Route, since: datetime) -> Stratum:
    assert route.test is not None  # noqa: S101 - only such routes are asked
    allocated = allocation(route)
    held = allocated.slots()
    arms = {label(arm): arm for arm in route.answering if is_assigned(arm) and label(arm) in held}
    return Stratum(number, route.number, since, route.test, allocated, arms)
