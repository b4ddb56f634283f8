"""Erasing a person: what the tables hold of it, and where else it still is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from flyball.control.connection import database
from flyball.control.datasets import holding
from flyball.control.declarations import selectors as declarations
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors
from flyball.domain.records import now
from flyball.domain.values import Scalar
from flyball.stores import erasing
from flyball.stores.erasing import Erasure, person_of

LOG = "The log of the database still holds it, because somebody reads an older state."
PAGES = "Gaps in the database file may still hold it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was erased, the ``snapshots`` (digests) that still hold the person, and the ``versions`` of them.

    ``not_here`` are snapshots whose files are on another machine. ``left`` are sentences: what maintenance
    has still to do.
    """

    counts: Erasure
    snapshots: list[str]
    versions: list[str]
    not_here: list[str]
    left: list[str]


def erase_person(
    *, endpoint: str, entity: Mapping[str, Scalar] | None = None, reference: str | None = None
) -> Erased:
    """Erase all that an endpoint has recorded of an entity, or of a reference; also of a retired endpoint.

    Raises ``UnknownEndpoint``.
    """
    declarations.recorded(endpoint)
    person = person_of(endpoint, selectors.route(endpoint), entity=entity, reference=reference)
    stores = database()
    with closing(stores.connect()) as connection:
        counts = erasing.erase_person(stores, connection, person, now())
        is_log_empty = stores.scrub_soon(connection)
    held, not_here = holding.snapshots_of(
        endpoint, entity=entity or {}, keys=[*filter(None, [reference]), *map(str, counts.ids)]
    )
    digests = [each.digest for each in held]
    versions = [
        f"{endpoint}@{version.number}"
        for version in registry.versions(endpoint)
        if (version.facts.get("snapshot") or {}).get("digest") in digests
    ]
    left = [] if stores.is_postgres else [PAGES] if is_log_empty else [LOG, PAGES]
    return Erased(
        counts=counts,
        snapshots=digests,
        versions=versions,
        not_here=[each.digest for each in not_here],
        left=left,
    )
