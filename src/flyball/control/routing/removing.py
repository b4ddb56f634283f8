"""Archiving and removing a version that no route in force names."""

from __future__ import annotations

from django.db import transaction

from flyball.control.cards import services as cards
from flyball.control.declarations.models import Endpoint
from flyball.control.diagnostics import services as diagnostics
from flyball.control.drawings import services as drawings
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.registry.removing import remove_content
from flyball.control.routing import selectors
from flyball.domain.errors import Conflict
from flyball.domain.records import now


def remove_version(*, endpoint: str, version: int) -> Version:
    """Take a version away, with its model, golden rows, facts, diagnostics, card and drawings.

    Its number is never given again.
    Predictions and outcomes that it answered stay, and can be computed again no more; so do route revisions
    of the past, and a rollback to one of them is refused. Raises ``UnknownVersion``, and ``Conflict`` while
    the route in force names it.
    """
    with transaction.atomic():
        found = _unrouted(endpoint, version)
        remove_content(found)
        cards.forget(endpoint=endpoint, version=version)
        diagnostics.forget(endpoint=endpoint, version=version)
        drawings.forget(endpoint=endpoint, of=f"versions/{version}")
    return found


def archive_version(*, endpoint: str, version: int) -> Version:
    """Put a version aside: it stays whole, and is not the newest any more. Archived before, it stays so.

    Raises ``UnknownVersion``, and ``Conflict`` while the route in force names it.
    """
    with transaction.atomic():
        found = _unrouted(endpoint, version)
        found.archived_at = found.archived_at or now()
        found.save(update_fields=["archived_at"])
    return found


def restore_version(*, endpoint: str, version: int) -> Version:
    """Take a version out of the archive. Raises ``UnknownVersion``."""
    with transaction.atomic():
        Endpoint.objects.select_for_update().filter(name=endpoint).first()
        found = registry.version(endpoint, version)
        found.archived_at = None
        found.save(update_fields=["archived_at"])
    return found


def _unrouted(endpoint: str, version: int) -> Version:
    """The version, in a transaction that nobody publishes beside. Raises ``UnknownVersion``, ``Conflict``."""
    # The lock that publishing takes too: a promotion of this version comes before, or finds it changed.
    Endpoint.objects.select_for_update().filter(name=endpoint).first()
    found = registry.version(endpoint, version)
    current = selectors.route(endpoint)
    if current is not None and version in {arm.version for arm in current.arms}:
        raise Conflict(
            f"The route of {endpoint} names version {version}: promote another first, or take its arm out."
        )
    return found
