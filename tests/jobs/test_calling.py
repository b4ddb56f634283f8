"""When somebody is called to help: where what waits would take longer than a helper's own start."""

from __future__ import annotations

import time

import pytest

from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.services import record
from flyball.control.jobs.sharing.calling import WATCH, WORTH, Call, Shared
from flyball.stores.database import Database

pytestmark = pytest.mark.storage


@pytest.fixture
def shared(database: Database) -> Shared:
    """Work that nobody does."""
    from tests.jobs.counted.endpoints import Counted

    record(declaration=Counted)
    endpoint = endpoints.endpoint("counted")
    return Shared(kind="help", endpoint=endpoint, row=endpoint, arguments={"build": 0})


def test_many_short_parts_are_worth_a_helper_before_they_have_taken_long(shared: Shared) -> None:
    call = Call(shared, since=time.monotonic() - 0.5)
    call(int(4 * WORTH) + 1)  # the first: as if it had begun half a second before
    assert shared.helpers().count() == 1


def test_few_short_parts_are_not_until_all_has_lasted(shared: Shared) -> None:
    call = Call(shared, since=time.monotonic() - WORTH / 4)
    call._done = 100
    call(3)
    assert shared.helpers().count() == 0
    call.since -= WORTH
    call(0)
    assert shared.helpers().count() == 0
    call(3)
    assert shared.helpers().count() == 1


def test_one_is_asked_for_at_a_time(shared: Shared) -> None:
    call = Call(shared, since=0)
    call(100)
    call._asked -= WATCH
    call(100)
    assert shared.helpers().count() == 1
