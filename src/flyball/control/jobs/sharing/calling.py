"""Calling helpers: jobs that do parts of somebody else's work, each in a slot that has nothing else to do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import services
from flyball.control.jobs.models import Job
from flyball.domain.errors import JobEnded
from flyball.domain.records import now

WORTH = 2.0
"""Nobody is called to what takes less than this: a helper starts as long (seconds)."""
WATCH = 1.0
"""Between two calls (seconds)."""
UNWELL = timedelta(seconds=30)
"""After a helper has failed, other than by the end of its process: so would the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Work at an endpoint that jobs of ``kind`` help with; ``row`` is what it is kept as.

    ``arguments`` are those of each helper.
    """

    kind: str
    endpoint: Endpoint
    row: Model
    arguments: Mapping[str, Any]

    def helpers(self) -> QuerySet[Job]:
        """All that were asked for."""
        every = Job.objects.filter(endpoint=self.endpoint, kind=self.kind)
        return every.filter(arguments=dict(self.arguments))

    def dismiss(self) -> None:
        """Have no helper begin any more. Nobody has asked for it by hand, and so nothing is left of it."""
        self.helpers().filter(status=Job.Status.QUEUED).delete()


@dataclass(slots=True)
class Call:
    """Asks for a helper where parts wait: for one at a time, and for no more than there are parts.

    The next is asked for once that one has begun; a slot that is free takes it. What waits is taken to last
    as long as what was done ``since`` (monotonic; 0 calls at once), and what has lasted to go on: not all
    that is to come waits already. To be called before each part.
    """

    shared: Shared
    since: float = field(default_factory=time.monotonic)
    _done: int = field(default=0, init=False)
    _asked: float = field(default=float("-inf"), init=False)

    def __call__(self, waiting: int) -> None:
        """So many parts wait for somebody."""
        moment = time.monotonic()
        spent = moment - self.since
        lasts = max(spent, waiting * spent / max(1, self._done))
        self._done += 1
        if waiting < 1 or lasts < WORTH or moment - self._asked < WATCH:
            return
        self._asked = moment
        row = self.shared.row
        with transaction.atomic():
            type(row)._default_manager.select_for_update(no_key=True).get(pk=row.pk)
            if self._is_helped(waiting):
                return
            endpoint, kind = self.shared.endpoint, self.shared.kind
            services.ask(
                kind=kind, team=endpoint.team, endpoint=endpoint, arguments=dict(self.shared.arguments)
            )

    def _is_helped(self, waiting: int) -> bool:
        """Whether a helper is on its way, as many work as can, or the last ones could not."""
        helpers = self.shared.helpers()
        failed = helpers.filter(status=Job.Status.FAILED, finished_at__gt=now() - UNWELL)
        return (
            helpers.filter(status=Job.Status.QUEUED).exists()
            or helpers.filter(status=Job.Status.RUNNING).count() >= waiting
            or failed.exclude(error_code=JobEnded.code).exists()
        )
