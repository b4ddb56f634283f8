"""Writes: an endpoint's row, as it is declared; and its end."""

from __future__ import annotations

from flyball.control.accounts.services import ensure_team
from flyball.control.declarations import discovery
from flyball.control.declarations.models import Endpoint as AppliedEndpoint
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import ConfirmationNeeded, Conflict, UnknownEndpoint
from flyball.domain.records import now


def record(*, declaration: type[Endpoint]) -> AppliedEndpoint:
    """Write an endpoint's row as it is declared; its team is made where it is missing.

    One that was retired answers again.
    """
    endpoint, _ = AppliedEndpoint.objects.update_or_create(
        name=declaration.name,
        defaults={
            "team": ensure_team(slug=declaration.team),
            "task": declaration.task,
            "description": declaration.description(),
            "retired_at": None,
        },
    )
    return endpoint


def retire(*, endpoint: str, yes: bool = False) -> AppliedEndpoint:
    """End an endpoint that is declared no more: from now on it answers nobody, and its rows stay.

    Retired again, the first moment stays. Raises ``UnknownEndpoint``; ``Conflict`` while it is declared, for
    the next ``apply`` would bring it back; ``ConfirmationNeeded`` where ``yes`` is not given.
    """
    found = AppliedEndpoint.objects.filter(name=endpoint).first()
    if found is None:
        raise UnknownEndpoint(f"There is no endpoint {endpoint}.")
    if endpoint in discovery.autodiscover():
        raise Conflict(f"{endpoint} is declared: apply would bring it back. Take it out of the code first.")
    if found.retired_at is None and not yes:
        raise ConfirmationNeeded(f"Whoever asks {endpoint} gets an error from now on. Say yes to go on.")
    AppliedEndpoint.objects.filter(name=endpoint, retired_at=None).update(retired_at=now())
    found.refresh_from_db()
    return found
