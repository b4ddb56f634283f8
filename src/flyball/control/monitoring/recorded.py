"""Reads: recorded predictions, searched through indexes, newest first; nothing is counted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from flyball.control.declarations.models import Endpoint
from flyball.control.routing.models import Outcome, Prediction
from flyball.domain.records import first_id

WINDOW = 25_000
"""Predictions of an endpoint among which version, label and decision are looked for at once."""
SEVERAL = 20
"""Endpoints of one page: each is asked by itself, in the order of its index."""
SLACK = timedelta(minutes=1)
"""An id is made when its request comes in, a little before the prediction is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for. ``endpoints`` are those that may be looked into; ``before`` is where to go on."""

    endpoints: Sequence[str]
    reference: str | None = None
    entity_key: str | None = None
    test: int | None = None
    version: int | None = None
    label: str | None = None
    decision: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: UUID | None = None

    @property
    def is_sifted(self) -> bool:
        """Whether something is looked for that no index knows."""
        return any(each is not None for each in (self.version, self.label, self.decision))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of predictions, newest first, and the id before which the search goes on, if it does.

    ``is_cut`` says that further endpoints were not looked into.
    """

    predictions: list[Prediction]
    following: UUID | None
    is_cut: bool = False


def answering(wanted: Search) -> list[str]:
    """Those of the endpoints that have something on any page, by name: up to one more than a page looks into.

    Each is looked up in its index, no further than one row.
    """
    if len(wanted.endpoints) == 1:
        return list(wanted.endpoints)
    some = _of(replace(wanted, before=None), OuterRef("name"))
    return list(
        Endpoint.objects.filter(Exists(some), name__in=list(wanted.endpoints))
        .order_by("name")
        .values_list("name", flat=True)[: SEVERAL + 1]
    )


def search(wanted: Search, limit: int = 50) -> Found:
    """A page of what is looked for. A page may be empty and the search still go on further back."""
    endpoints = answering(wanted)
    endpoints, is_cut = endpoints[:SEVERAL], len(endpoints) > SEVERAL
    found: list[Prediction] = []
    reached: list[UUID] = []
    for endpoint in endpoints:
        rows = _of(wanted, endpoint)
        lowest = _lowest(rows) if wanted.is_sifted else None
        page = list(_fitting(rows if lowest is None else rows.filter(id__gt=lowest), wanted)[: limit + 1])
        found += page
        if len(page) <= limit and lowest is not None:
            reached.append(lowest)
    found = sorted(found, key=lambda each: each.id, reverse=True)
    if reached:  # what is older than where one window ends is for the next page, of all endpoints
        found = [each for each in found if each.id > max(reached)]
    if len(found) > limit:
        return Found(predictions=found[:limit], following=found[limit - 1].id, is_cut=is_cut)
    following = _after(max(reached)) if reached else None
    return Found(predictions=found, following=following, is_cut=is_cut)


def every(wanted: Search, page: int = 500) -> Iterator[Prediction]:
    """All that fits, to the end, a page at a time."""
    following: UUID | None = wanted.before
    while True:
        found = search(replace(wanted, before=following), page)
        yield from found.predictions
        following = found.following
        if following is None:
            return


def prediction(endpoints: QuerySet[Endpoint], identity: UUID) -> Prediction | None:
    """One prediction of these endpoints, or ``None``."""
    found = Prediction.objects.filter(pk=identity).first()
    return found if found is not None and endpoints.filter(name=found.endpoint).exists() else None


def outcomes(predictions: Iterable[Prediction]) -> dict[UUID, Outcome]:
    """Of each prediction the outcome that counts: the last one that is bound to it."""
    ids = [each.id for each in predictions]
    names = {each.endpoint for each in predictions}
    bound = Outcome.objects.filter(endpoint__in=names, prediction__in=ids, state=Outcome.State.BOUND)
    return {each.prediction: each for each in bound.order_by("id") if each.prediction is not None}


def outcomes_of(prediction: Prediction) -> QuerySet[Outcome]:
    """All outcomes of one prediction, also those that were taken back, newest first."""
    return Outcome.objects.filter(endpoint=prediction.endpoint, prediction=prediction.id).order_by("-id")


def _of(wanted: Search, endpoint: Any) -> QuerySet[Prediction]:
    """An endpoint's predictions by what its indexes know, newest first."""
    rows = Prediction.objects.filter(endpoint=endpoint).order_by("-id")
    if wanted.reference is not None:
        rows = rows.filter(reference=wanted.reference)
    if wanted.entity_key is not None:
        rows = rows.filter(entity_key=wanted.entity_key)
    if wanted.test is not None:
        rows = rows.filter(test=wanted.test)
    if wanted.since is not None:
        rows = rows.filter(id__gte=first_id(wanted.since, -SLACK))
    if wanted.until is not None:
        rows = rows.filter(id__lt=first_id(wanted.until, SLACK))
    return rows if wanted.before is None else rows.filter(id__lt=wanted.before)


def _fitting(rows: QuerySet[Prediction], wanted: Search) -> QuerySet[Prediction]:
    """Those that fit also by what no index knows."""
    conditions = {
        "version": wanted.version,
        "decision": wanted.decision,
        "created_at__gte": wanted.since,
        "created_at__lt": wanted.until,
    }
    if wanted.label is not None:
        rows = rows.filter(_labelled(wanted.label))
    return rows.filter(**{name: value for name, value in conditions.items() if value is not None})


def _labelled(text: str) -> Q:
    """What has a label that is written so: labels may be numbers and booleans too."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    is_plain = isinstance(value, bool | int) and abs(value) < 1 << 53
    return Q(output__label=text) | (Q(output__label=value) if is_plain else Q(pk__in=[]))


def _lowest(rows: QuerySet[Prediction]) -> UUID | None:
    """The id at which a window of rows ends; ``None`` where all fit into one."""
    return rows.values_list("id", flat=True)[WINDOW : WINDOW + 1].first()


def _after(identity: UUID) -> UUID:
    """The id that follows: what is at ``identity`` has not been looked at."""
    return UUID(int=identity.int + 1)
