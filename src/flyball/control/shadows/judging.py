"""Shadows by their outcomes: each row that both have answered is compared, once its outcome is final."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from flyball.control.shadows.keeping import Kept
from flyball.domain.records import first_id
from flyball.domain.shadows.judged import loss_of
from flyball.stores.shadows import reading
from flyball.stores.shadows.reading import Labelled
from flyball.stores.shadows.steps import Losses

PAGE = 500
LAG = timedelta(seconds=5)
"""Outcomes younger than this may still be committed before others with later numbers."""


def judge(kept: Kept, moment: datetime, maturity: timedelta) -> bool:
    """Count a page of what has come since: outcomes, and predictions whose outcome has become final.

    Says whether there was anything. Raises ``Conflict`` where another worker goes on with the shadow.
    """
    final = min(kept.row.cursor, first_id(moment - maturity))
    told = reading.told(
        kept.database, kept.connection, kept.endpoint, kept.row.outcome_cursor, moment - LAG, PAGE
    )
    ripe = reading.ripe(
        kept.database, kept.connection, kept.endpoint, kept.row.pk, kept.row.ripe_cursor, final, PAGE
    )
    reached = ripe[-1] if len(ripe) == PAGE else max(final, kept.row.ripe_cursor)
    if not told and not ripe:
        kept.row.ripe_cursor = reached  # written with the next step: nothing else has changed
        return False
    # What is not final yet is found again when it is.
    ids = {each for _, each in told if each is not None and each <= final}.union(ripe)
    losses = _losses(kept, sorted(ids))
    outcome_cursor = told[-1][0] if told else kept.row.outcome_cursor
    kept.take(losses=losses, outcome_cursor=outcome_cursor, ripe_cursor=reached)
    return True


def _losses(kept: Kept, ids: Sequence[UUID]) -> list[Losses]:
    every = reading.labelled(kept.database, kept.connection, kept.endpoint, kept.row.pk, ids)
    units = {each.stored.id: reading.unit_of(each.stored) for each in every}
    taken = reading.units(kept.database, kept.connection, kept.row.pk, sorted(set(units.values())))
    changed = [_loss(kept, each, units[each.stored.id], taken) for each in every]
    return [each for each in changed if each is not None]


def _loss(kept: Kept, each: Labelled, unit: int, taken: set[int]) -> Losses | None:
    """One row counted; a correction in place of what was counted before."""
    own, other = loss_of(each.output, each.outcome), loss_of(each.stored.output, each.outcome)
    if own is None or other is None or (own, other) == (each.own, each.other):
        return None
    judged = kept.beside(each.stored).judged
    is_first = each.own is None and unit not in taken
    if each.own is not None and each.other is not None:
        judged.add(each.own, each.other, is_unit=each.unit is not None, times=-1)
    is_unit = is_first or each.unit is not None
    judged.add(own, other, is_unit=is_unit)
    taken.add(unit)
    return Losses(prediction=each.stored.id, own=own, other=other, unit=unit if is_unit else None)
