"""The dispatcher: a thread of a worker that wakes workers for the jobs that are due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError, InterfaceError, connections
from django.db.models import F, Q

from flyball.control.jobs import running, selectors
from flyball.control.jobs.models import Job
from flyball.domain.records import now

logger = logging.getLogger(__name__)

PAUSE = 0.25
"""Between two looks at the table (seconds)."""
AFTER_A_FAILURE = 2.0
"""The same, while the database or the broker is away (seconds)."""
AGAIN = timedelta(seconds=60)
"""When a message is taken to be lost: the job is published once more."""
MOST = 200
"""Jobs that are published at once."""
STEPS: list[Callable[[datetime], None]] = []
"""What each round of every dispatcher does besides, at that moment."""


class Unpublished(Exception):
    """The broker took no message."""


def register(step: Callable[[datetime], None]) -> None:
    """Add a step, as an app does when it is ready. Several dispatchers take it at the same time."""
    if step not in STEPS:
        STEPS.append(step)


class Dispatcher(threading.Thread):
    """Publishes due jobs of some queues, from ``begin`` until ``stop``; ``publish`` raises ``Unpublished``.

    A broker that is away delays what it is to carry, and nothing else.
    """

    def __init__(self, queues: Sequence[str], publish: Callable[[Job], None]) -> None:
        super().__init__(name="flyball-dispatcher", daemon=True)
        self._queues = queues
        self._publish = publish
        self._begun = threading.Event()
        self._stopped = threading.Event()

    @property
    def has_begun(self) -> bool:
        """Whether it publishes."""
        return self._begun.is_set()

    def begin(self) -> None:
        """Publish from now on: the broker knows the queues."""
        self._begun.set()

    def stop(self) -> None:
        """End after the message that is being published."""
        self._stopped.set()

    def run(self) -> None:
        """Look again and again; whatever fails is tried again."""
        is_well = True
        steps: list[Callable[[], None]] = [
            running.expire,
            *(partial(_take, step) for step in STEPS),
            self._round,
        ]
        while not self._stopped.wait(PAUSE if is_well else AFTER_A_FAILURE):
            # One after the other: where one fails, the others go on. The last one alone needs a broker.
            went_well = [self._tries(step) for step in steps]
            is_well = all(went_well)
        connections.close_all()

    def _tries(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except Unpublished as error:
            logger.warning("The broker takes no message: %s", error)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The jobs cannot be read: %s", type(error).__name__)
            connections.close_all()
        except Exception:  # what a kind does when it is told may fail in any way; it is logged
            logger.exception("The dispatcher goes on after a mistake.")
        else:
            return True
        return False

    def _round(self) -> None:
        if not self._begun.is_set():
            return
        moment = now()
        due = Job.objects.filter(selectors.due(moment), _is_unpublished(moment), queue__in=self._queues)
        for job in due.order_by("due_at", "id")[:MOST]:
            if self._stopped.is_set():
                return
            # Marked first: of several dispatchers one publishes it.
            same = Job.objects.filter(pk=job.pk, token=job.token, published_at=job.published_at)
            if not same.update(published_at=moment):
                continue
            try:
                self._publish(job)
            except Unpublished:
                Job.objects.filter(pk=job.pk, published_at=moment).update(published_at=job.published_at)
                raise


def forget_published(queues: Sequence[str]) -> None:
    """Have what waits published again: the messages were in the memory of a worker that has ended."""
    Job.objects.filter(status=Job.Status.QUEUED, queue__in=queues).update(published_at=None)


def _take(step: Callable[[datetime], None]) -> None:
    step(now())


def _is_unpublished(moment: datetime) -> Q:
    is_lost = Q(published_at__lte=moment - AGAIN)
    is_left = Q(status=Job.Status.RUNNING, published_at__lte=F("lease_until"))
    return Q(published_at=None) | is_lost | is_left
