"""Which scenarios run on which database, and how often what happens in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from tests.durability import outages, scenarios
from tests.durability.outages import Costs
from tests.durability.scenarios import Report
from tests.durability.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """How often things happen, or how long (seconds); what is 0 does not."""

    kills: int = 100
    cuts: int = 200
    away: float = 60
    full: float = 20
    limited: float = 20
    locked: float = 60
    hung: float = 60
    backends: int = 20
    postmasters: int = 10
    restarts: int = 30
    ups: int = 5
    bounds: Costs = field(default_factory=Costs)


def planned(world: World, rounds: Rounds) -> Iterator[tuple[str, Callable[[], Report]]]:
    """Each scenario with its title; they share the database, one after the other."""
    own = _postgres if world.cluster else _sqlite
    for number, title, scenario in (*_both(rounds), *own(rounds)):
        if number:
            yield title.format(number), partial(scenario, world, number)


Row = tuple[float, str, Callable[..., Report]]


def _both(rounds: Rounds) -> list[Row]:
    bounds = rounds.bounds
    return [
        (rounds.kills, "{} kill -9 of the server", scenarios.kills),
        (rounds.cuts, "{} answers cut off after the commit", scenarios.cut_answers),
        (rounds.away, "{:g} s without the database", partial(outages.away, bounds=bounds)),
        (rounds.full, "{:g} s of a full disk", partial(outages.full, bounds=bounds)),
        (rounds.restarts, "{} SIGTERM to serve", scenarios.restarts),
        (rounds.ups, "{} SIGTERM to up", scenarios.restarts_of_up),
    ]


def _sqlite(rounds: Rounds) -> list[Row]:
    return [
        (rounds.limited, "{:g} s in which no file may grow", partial(outages.limited, bounds=rounds.bounds))
    ]


def _postgres(rounds: Rounds) -> list[Row]:
    return [
        (rounds.backends, "{} times every backend terminated", scenarios.backends),
        (rounds.postmasters, "{} kill -9 of the postmaster", scenarios.postmasters),
        (rounds.locked, "{:g} s of a lock on the tables", partial(outages.locked, bounds=rounds.bounds)),
        (rounds.hung, "{:g} s of a database that hangs", partial(outages.hung, bounds=rounds.bounds)),
        (rounds.cuts, "{} commits cut off from their answer", scenarios.cut_commits),
    ]
