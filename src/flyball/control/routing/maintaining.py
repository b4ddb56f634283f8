"""Maintenance: what has ended is taken out, and what was erased leaves the files."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

from flyball.control.connection import database
from flyball.control.declarations import selectors as declarations
from flyball.control.declarations.configured import configured
from flyball.control.jobs.services import prune
from flyball.domain.records import first_id, now
from flyball.stores import expiring, failures, minutes
from flyball.stores.shadows import steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintained:
    """How much of each was taken out, and what became of the files."""

    held: int
    keys: int
    minutes: int
    jobs: int
    shadow_answers: int
    is_rewritten: bool
    is_log_empty: bool


def maintain(*, is_quick: bool = False) -> Maintained:
    """Take out what is older than the settings say, then write the files anew unless ``is_quick``.

    On SQLite nothing can be written while the file is; on PostgreSQL dead rows are vacuumed beside others.
    """
    stores, config, moment = database(), configured(), now()
    with closing(stores.connect()) as connection:
        held = sum(
            expiring.expire_held(stores, connection, endpoint.name, moment - timedelta(days=config.held_days))
            for endpoint in declarations.endpoints()
        )
        keys = expiring.expire_keys(stores, connection, moment - timedelta(days=config.idempotency_days))
        oldest = minutes.minute_of(moment - timedelta(days=config.minute_days))
        counts = minutes.expire(stores, connection, oldest)
        expiring.expire_failures(stores, connection, moment - failures.UNSEEN)
        oldest_answer = first_id(moment - timedelta(days=config.shadow_days))
        answers = steps.expire(stores, connection, oldest_answer)
        jobs = prune()
        if not is_quick:
            stores.rewrite(connection)
        is_log_empty = stores.scrub_soon(connection)
    return Maintained(
        held=held,
        keys=keys,
        minutes=counts,
        jobs=jobs,
        shadow_answers=answers,
        is_rewritten=not is_quick,
        is_log_empty=is_log_empty,
    )
