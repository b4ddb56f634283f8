"""Reading declared outcomes back from the rows' own table and binding them to predictions."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from flyball.control.connection import database
from flyball.control.datasets.outcomes import pull_outcomes
from flyball.domain.declaration import Endpoint
from flyball.domain.records import now
from flyball.stores import pulls
from flyball.stores.outcomes import Counts


def record_outcomes_pulled(*, declaration: type[Endpoint], since: datetime | None = None) -> Counts:
    """Record what the rows' table says happened; the counts of what is new.

    A row whose key is some prediction's reference is bound by it, another by its entity and its times (see
    ``stores.pulls``). One that nobody predicted is unmatched and not stored: it is in its table, and the next
    pull finds it again. What an earlier pull recorded alike is stepped over, so that pulling again changes
    nothing. Not to be called inside a transaction. Raises ``DataError``.
    """
    total = Counts()
    if declaration.outcome is None:
        return total
    store = database()
    with closing(store.connect()) as connection, pull_outcomes(declaration, since, page=pulls.PAGE) as pulled:
        for page in pulled.pages:
            total += pulls.record(
                store,
                connection,
                declaration.name,
                page,
                repeated=declaration.outcome.repeated,
                named=pulled.named,
                received_at=now(),
            )
    return total
