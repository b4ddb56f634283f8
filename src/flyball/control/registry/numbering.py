"""A version's number: the next one, also when several are registered at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Max

from flyball.control.registry.models import CandidateResult, Version
from flyball.domain.errors import Conflict
from flyball.domain.routing import Manifest

ATTEMPTS = 50
"""How often a number that somebody else took first is tried again with the next one."""


Keep = Callable[[Version], object]
"""Is told of a new version in the transaction that makes it; what it raises undoes that."""


def number_version(
    *,
    manifest: Manifest,
    facts: dict[str, Any],
    candidate: CandidateResult | None = None,
    keep: Keep = lambda version: None,
) -> Version:
    """Record a version under its endpoint's next number. Raises ``Conflict`` after too many lost races."""
    for _ in range(ATTEMPTS):
        taken = Version.objects.filter(endpoint_id=manifest.endpoint).aggregate(last=Max("number"))["last"]
        number = (taken or 0) + 1
        try:
            with transaction.atomic():
                made = Version.objects.create(
                    endpoint_id=manifest.endpoint,
                    number=number,
                    candidate=candidate,
                    manifest=msgspec.to_builtins(replace(manifest, number=number)),
                    facts=facts,
                )
                keep(made)
                return made
        except IntegrityError:
            continue
    raise Conflict("Too many versions are being registered at once; try again.")
