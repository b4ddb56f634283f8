"""The table: every type that an artifact may hold without anybody's trust, a family a file."""

from __future__ import annotations

from collections.abc import Mapping

from flyball.inference.audit.families import (
    boosted,
    boosting,
    categories,
    chains,
    clusters,
    isolation,
    linear,
    machines,
    naive,
    neighbours,
    networks,
    numbers,
    selecting,
    texts,
    trees,
    wrappers,
)
from flyball.inference.audit.things import Allowed

FAMILIES = (
    *(
        boosted.ALLOWED,
        boosting.ALLOWED,
        categories.ALLOWED,
        chains.ALLOWED,
        clusters.ALLOWED,
        isolation.ALLOWED,
    ),
    *(linear.ALLOWED, machines.ALLOWED, naive.ALLOWED, neighbours.ALLOWED, networks.ALLOWED),
    *(isolation.ALLOWED, numbers.ALLOWED, selecting.ALLOWED, texts.ALLOWED, trees.ALLOWED, wrappers.ALLOWED),
)
TABLE: Mapping[str, Allowed] = {entry.name: entry for family in FAMILIES for entry in family}
