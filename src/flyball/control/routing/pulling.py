"""Reading declared outcomes back from the rows' own table and binding them to predictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from itertools import islice

from flyball.control.connection import database
from flyball.control.datasets.outcomes import pull_outcomes
from flyball.control.routing.models import Outcome as StoredOutcome
from flyball.control.routing.models import Prediction
from flyball.domain.declaration import Endpoint
from flyball.domain.records import Outcome, canonical_json, entity_key, now
from flyball.domain.values import Scalar
from flyball.stores import outcomes
from flyball.stores.outcomes import Counts

BATCH = 200
"""Outcomes that are looked up and stored at a time."""

Pulled = tuple[Scalar, Mapping[str, Scalar], datetime | None, Scalar]


def record_outcomes_pulled(*, declaration: type[Endpoint], since: datetime | None = None) -> Counts:
    """Record what the rows' table says happened; the counts of what is new.

    A row whose key is some prediction's reference is bound by it, another by its entity and the
    outcome's time where it has both. One that nobody predicted is unmatched and not stored: it is in its
    table, and the next pull finds it again. What an earlier pull recorded alike is stepped over, so that
    pulling again changes nothing. Not to be called inside a transaction.
    """
    total = Counts()
    store = database()
    with closing(store.connect()) as connection:
        for batch in _batches(pull_outcomes(declaration, since=since)):
            addressed = _addressed(declaration.name, batch)
            new = _new(declaration.name, addressed)
            total += outcomes.record(store, connection, new, now())
            total += Counts(unmatched=len(batch) - len(addressed))
    return total


def _addressed(endpoint: str, batch: list[Pulled]) -> list[Outcome]:
    """What was pulled, as outcomes; without those of which there is no prediction."""
    made = Prediction.objects.filter(endpoint=endpoint)
    keys = [str(key) for key, *_ in batch]
    references = set(made.filter(reference__in=keys).values_list("reference", flat=True))
    every = [_outcome(endpoint, references, *pulled) for pulled in batch]
    wanted = [entity_key(one.entity) for one in every if one.entity]
    entities = set(made.filter(entity_key__in=wanted).values_list("entity_key", flat=True))
    return [one for one in every if one.reference in references or entity_key(one.entity) in entities]


def _outcome(
    endpoint: str,
    known: set[str | None],
    key: Scalar,
    entity: Mapping[str, Scalar],
    occurred_at: datetime | None,
    value: Scalar,
) -> Outcome:
    by_entity = str(key) not in known and bool(entity) and occurred_at is not None
    return Outcome(
        endpoint=endpoint,
        value=value,
        reference=None if by_entity else str(key),
        entity=dict(entity) if by_entity else {},
        occurred_at=occurred_at,
        source="pull",
    )


def _new(endpoint: str, batch: list[Outcome]) -> list[Outcome]:
    earlier = StoredOutcome.objects.filter(endpoint=endpoint, source="pull")
    by_reference = earlier.filter(reference__in=[one.reference for one in batch if one.reference])
    by_entity = earlier.filter(entity_key__in=[entity_key(one.entity) for one in batch if one.entity])
    last = {
        (one.reference, one.entity_key, one.occurred_at): canonical_json(one.value)
        for one in (by_reference | by_entity).order_by("id")
    }
    return [one for one in batch if last.get(_address(one)) != canonical_json(one.value)]


def _address(one: Outcome) -> tuple[str | None, str | None, datetime | None]:
    return one.reference, entity_key(one.entity), one.occurred_at


def _batches(pulled: Iterable[Pulled]) -> Iterator[list[Pulled]]:
    rest = iter(pulled)
    while batch := list(islice(rest, BATCH)):
        yield batch
