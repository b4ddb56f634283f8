"""Writes: what people write on cards."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from flyball.control.cards import selectors
from flyball.control.cards.models import LONGEST, Card
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.models import Version
from flyball.domain.errors import Conflict, InvalidInput, Problem
from flyball.domain.values import storable

PARTS = ("intended_use", "limits", "owners")


def write_card(
    *, version: Version, intended_use: str, limits: str, owners: str, expected: int, user: Any = None
) -> Card:
    """Write the next revision of a version's card.

    ``expected`` is the revision that was read; 0 where there was none. What is the same already is not
    written again. Raises ``InvalidInput`` for a part that is too long, ``Conflict`` where somebody else has
    changed the card since.
    """
    parts = dict(zip(PARTS, (_clean(each) for each in (intended_use, limits, owners)), strict=True))
    problems = [
        Problem(f"/{name}", "too_long", f"At most {LONGEST:,} characters.")
        for name, text in parts.items()
        if len(text) > LONGEST
    ]
    if problems:
        raise InvalidInput("The card does not fit.", problems=problems)
    with transaction.atomic():
        # Whoever writes for this endpoint waits here; no_key, so that predictions do not.
        Endpoint.objects.select_for_update(no_key=True).get(pk=version.endpoint.pk)
        newest = selectors.revisions(version).first()
        number = 0 if newest is None else newest.revision
        if number != expected:
            raise Conflict(f"Somebody has changed the card since revision {expected}: read it again.")
        if newest is not None and all(getattr(newest, name) == text for name, text in parts.items()):
            return newest
        return Card.objects.create(
            endpoint=version.endpoint, version=version.number, revision=number + 1, changed_by=user, **parts
        )


def forget(*, endpoint: str, version: int) -> None:
    """Delete the card of a version that is removed."""
    Card.objects.filter(endpoint_id=endpoint, version=version).delete()


def _clean(text: str) -> str:
    return storable(text).replace("\r\n", "\n").strip()
