"""Outcomes that fit several predictions: these are offered, and one of them is chosen."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import flyball
from flyball.console.pages.data.outcomes import OFFERED
from flyball.control.registry.models import Version
from flyball.control.routing.models import Outcome
from flyball.domain.records import now
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
ADDRESS = "/endpoints/purchase/outcomes?state=ambiguous"


def asked(reference: str) -> UUID:
    return flyball.predict("purchase", input={"age": 50.0, "job": "cook"}, reference=reference).id


def ambiguous(reference: str) -> Outcome:
    return Outcome.objects.create(
        endpoint="purchase", state="ambiguous", reference=reference, value="yes", source="api",
        received_at=now(),
    )  # fmt: skip


def offered(page: str) -> list[str]:
    return re.findall(r'name="prediction" value="([^"]+)"', page)


def test_the_newest_predictions_of_its_reference_are_offered_and_one_is_bound(
    browser: Browser, promoted: Version
) -> None:
    made = [asked("order 1") for _ in range(OFFERED + 1)]
    other = asked("order 2")
    outcome = ambiguous("order 1")
    page = browser("member").get(ADDRESS).content.decode()
    assert offered(page) == [str(each) for each in made[:0:-1]]
    assert "and older ones" in page
    assert str(other) not in page
    answer = browser("member").post(
        f"/endpoints/purchase/outcomes/{outcome.pk}/resolve", {"prediction": offered(page)[0]}
    )
    assert answer["Location"] == f"/predictions/{made[-1]}"
    outcome.refresh_from_db()
    assert (outcome.state, outcome.prediction, outcome.bound_by) == ("bound", made[-1], "person")


def test_a_viewer_is_offered_none(browser: Browser, promoted: Version) -> None:
    for _ in range(2):
        asked("order")
    ambiguous("order")
    assert offered(browser("viewer").get(ADDRESS).content.decode()) == []


def test_many_outcomes_take_no_more_queries_than_one(browser: Browser, promoted: Version) -> None:
    client = browser("member")
    counts = []
    for number in range(3):
        for _ in range(2):
            asked(f"order {number}")
        ambiguous(f"order {number}")
        client.get(ADDRESS)
        with CaptureQueriesContext(connection) as queries:
            assert len(offered(client.get(ADDRESS).content.decode())) == 2 * (number + 1)
        counts.append(len(queries))
    assert len(set(counts)) == 1
