"""Of eight who promote at once, one wins; whoever reads meanwhile sees one champion, always."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier, Event

import pytest
from django.db import connection

from flyball.control.registry import services as registry
from flyball.control.registry.models import Build, Version
from flyball.control.routing import selectors, services
from flyball.control.routing.models import RouteRevision
from flyball.domain.errors import Conflict
from flyball.stores import routes
from flyball.stores.database import Database
from tests.registry import small

pytestmark = [pytest.mark.storage, pytest.mark.journey]

WRITERS = 8
ROUNDS = 100


@pytest.fixture
def versions(tmp_path: Path, database: Database) -> list[Version]:
    """Two versions for each writer, who promotes them in turn; the first of all is champion already.

    All are of one build: each promotion loads its version and asks the golden rows.
    """
    declaration, first = small.version(tmp_path)
    build = Build.objects.get()
    found = [first, *(registry.register(build=build) for _ in range(2 * WRITERS))]
    services.apply(declarations={declaration.name: declaration})
    services.promote(endpoint="purchase", version=1)
    return found


def promote(own: tuple[int, int], start: Barrier) -> list[str]:
    """In each round, promote on the route that everybody has seen; what became of it."""
    fates = []
    try:
        for expected in range(1, ROUNDS + 1):
            start.wait()
            try:
                services.promote(endpoint="purchase", version=own[expected % 2], expected=expected)
            except Conflict:
                fates.append("refused")
            else:
                fates.append("won")
    finally:
        connection.close()
    return fates


def watch(database: Database, over: Event) -> Counter[int]:
    """How many champions each reading of what is published showed."""
    seen: Counter[int] = Counter()
    with closing(database.connect()) as reader:
        while not over.wait(0.005):
            route = routes.published(database, reader).routes["purchase"]
            seen[sum(arm.name == "champion" for arm in route.arms)] += 1
    return seen


def test_eight_promotions_at_once_have_one_winner_a_hundred_times(
    versions: list[Version], database: Database
) -> None:
    start, over = Barrier(WRITERS), Event()
    with ThreadPoolExecutor(WRITERS + 1) as pool:
        watching = pool.submit(watch, database, over)
        numbers = [version.number for version in versions[1:]]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        racing = [pool.submit(promote, own, start) for own in pairs]
        try:
            fates = [race.result() for race in racing]
        finally:
            over.set()
            start.abort()
    assert [Counter(together) for together in zip(*fates, strict=True)] == [
        Counter(won=1, refused=WRITERS - 1)
    ] * ROUNDS
    assert set(watching.result()) == {1}
    revisions = RouteRevision.objects.filter(endpoint_id="purchase").values_list("number", flat=True)
    assert list(revisions) == list(range(1, ROUNDS + 2))


def test_every_revision_is_kept_with_its_one_champion(versions: list[Version]) -> None:
    for version in versions:
        services.promote(endpoint="purchase", version=version.number)
    every = [selectors.document(one) for one in selectors.revisions("purchase")]
    assert all(sum(arm.name == "champion" for arm in route.arms) == 1 for route in every)
