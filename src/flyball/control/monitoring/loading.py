"""What the processes that answer did not load: the web process knows it from what they write."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet

from flyball.control.routing.models import LoadFailure
from flyball.domain.records import now
from flyball.stores.failures import UNSEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Unloaded:
    """A version that running processes did not load; ``version`` is ``None`` for a route that cannot be read.

    ``since`` is when the first of them failed (UTC), ``host`` where one of them runs.
    """

    endpoint: str
    version: int | None
    sentence: str
    since: datetime
    processes: int
    host: str

    @property
    def told(self) -> str:
        """What does not load, where, and why."""
        what = "Its route" if self.version is None else f"@{self.version}"
        many = f"in {self.processes} processes, one of them " if self.processes > 1 else ""
        return f"{what} does not load {many}on {self.host}: {self.sentence}"


def unloaded(
    endpoints: QuerySet[Any] | Collection[str], version: int | None = None, moment: datetime | None = None
) -> list[Unloaded]:
    """Of these endpoints, or of one version of theirs, what any process does not load now; in one query."""
    seen = LoadFailure.objects.filter(endpoint__in=endpoints, seen_at__gt=(moment or now()) - UNSEEN)
    if version is not None:
        seen = seen.filter(version=version)
    same = seen.values_list("endpoint", "version", "sentence")
    rows = same.annotate(first=Min("since"), many=Count("process"), one=Min("host"))
    return [
        Unloaded(endpoint=name, version=number, sentence=said, since=since, processes=many, host=host)
        for name, number, said, since, many, host in rows.order_by("endpoint", "version", "sentence")
    ]
