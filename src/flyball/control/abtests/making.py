"""Making jobs of tests that are due for a look: each look once, however many dispatchers there are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from flyball.control.abtests import selectors
from flyball.control.abtests.models import ABTest
from flyball.control.declarations import discovery
from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.configured import configured
from flyball.control.jobs import services as jobs
from flyball.control.jobs.models import Job

MOST = 20
"""Tests that are taken up in one round."""
LOOKS = 300
"""A test is looked at more and more seldom: about so many times in ten times the time that it has run."""


def ask_due(moment: datetime) -> None:
    """Ask for a look at each test that is due. One of a retired or undeclared endpoint waits."""
    due = selectors.due(moment, MOST)
    declared = discovery.autodiscover() if due else {}
    for test in due:
        with transaction.atomic():
            own = ABTest.objects.filter(pk=test.pk, next_look_at=test.next_look_at)
            if own.update(next_look_at=following(test, moment)) and test.endpoint_id in declared:
                _ask(test)


def recount(*, test: ABTest, user: Any = None) -> tuple[Job, bool]:
    """Ask for a look that counts a test's stored rows from the beginning: its job, and whether it is a new
    one.

    Raises ``Retired``.
    """
    endpoint = endpoints.endpoint(test.endpoint_id)
    arguments = {"test": test.number, "again": True}
    return jobs.ask_once(kind="abtest", endpoint=endpoint, arguments=arguments, user=user)


def following(test: ABTest, moment: datetime) -> datetime:
    """When a test is looked at next."""
    least = timedelta(seconds=configured().abtest_seconds)
    return moment + max(least, (moment - test.created_at) / LOOKS)


def _ask(test: ABTest) -> None:
    endpoint = test.endpoint
    if endpoint.retired_at is None:
        jobs.ask_next(kind="abtest", endpoint=endpoint, arguments={"test": test.number})
