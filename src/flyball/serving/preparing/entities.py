"""Entities by their keys: in a URL, in a search, and in what was answered for them before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from flyball.domain.errors import NotFound, UnknownEntity
from flyball.domain.records import Prediction, comes_out_again, entity_key, fits
from flyball.domain.routing import Route
from flyball.domain.values import Scalar, spelled
from flyball.serving.calls import Row
from flyball.serving.pool import Served, Table
from flyball.serving.preparing import features
from flyball.serving.preparing.prepared import Prepared, decided
from flyball.stores import records
from flyball.stores.database import Database


def row_of(served: Served, key: str) -> Row:
    """The row for one entity that a URL names.

    Raises ``NotFound`` where features come with the call or from tables under several keys, ``UnknownEntity``
    where the key is of another kind.
    """
    manifest = served.champion.manifest
    kinds = {lookup.on: lookup.key_kind for lookup in features.used(manifest, served.route.lookups)}
    if len(kinds) != 1 or manifest.schema.of("request").fields:
        raise NotFound("Not every feature of this endpoint comes from tables under one key.")
    ((on, kind),) = kinds.items()
    try:
        entity = {on: features.parse_key(kind, key)}
    except ValueError:
        raise UnknownEntity from None
    if not fits(entity):
        raise UnknownEntity
    return Row(entity=entity)


def endpoints_by_key(
    table: Table, endpoints: Sequence[str], entity: Mapping[str, Scalar] | None
) -> dict[str | None, list[str]]:
    """Under which texts to look for an entity, and for which endpoints; ``None`` where none is looked for."""
    if not entity:
        return {None: list(endpoints)}
    found: dict[str | None, list[str]] = {}
    for name in endpoints:
        served = table.endpoints.get(name)
        for key in _keys(None if served is None else served.route, entity):
            found.setdefault(key, []).append(name)
    return found


def unchanged(database: Database, connection: Any, prepared: Prepared) -> Prediction | None:
    """The entity's newest stored prediction, where it would come out again: same version, input, decision."""
    (row,), (under,) = prepared.rows, prepared.assigned
    key = entity_key(row.entity)
    before = None
    if key is not None:
        before = records.latest_of_entity(database, connection, prepared.route.endpoint, key)
    if before is None:
        return None
    decision = decided(under, before.output)
    number = under.version.manifest.number
    is_same = comes_out_again(before, number, row.values, decision, under.test, under.answered)
    return before if is_same else None


def _keys(route: Route | None, entity: Mapping[str, Scalar]) -> set[str]:
    """The texts under which an entity may be stored for a route.

    A UUID is stored in one spelling where its column is known to hold UUIDs, and as it was sent where the
    column is known to hold text. Of a column that the route does not look up by any more, nothing is known.
    """
    known = {} if route is None else {lookup.on: lookup.is_uuid for lookup in route.lookups}
    spellings = []
    for name, value in entity.items():
        one = spelled(value)
        is_uuid = known.get(name)
        spellings.append({value, one} if is_uuid is None else {one} if is_uuid else {value})
    every = (dict(zip(entity, values, strict=True)) for values in product(*spellings))
    return {key for each in every if (key := entity_key(each)) is not None}
