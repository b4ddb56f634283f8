"""Layers: units that several tests share, none of them in two tests; some are held out of all."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from flyball.control.abtests.models import ABTest, Layer
from flyball.control.accounts.models import Team
from flyball.domain.abtests.assignment import SLOTS
from flyball.domain.errors import Conflict, InvalidInput, NotFound, Problem
from flyball.domain.schedules import NAME, is_name

Runs = list[list[int]]
"""Slots of a layer: of each run the first one, and the first behind."""


def ensure_layer(*, team: Team, name: str, held_out: float | None = None) -> Layer:
    """A layer of a team, made where there is none; ``None`` holds out what it does, or nothing.

    Raises ``InvalidInput``, ``Conflict``.
    """
    problems = []
    if not is_name(name):
        problems.append(Problem("/name", "malformed", f"A layer {NAME}"))
    if not 0 <= (held_out or 0.0) < 1:
        problems.append(Problem("/held_out", "out_of_range", "A share from 0 to below 1."))
    if problems:
        raise InvalidInput("The layer cannot be made so.", problems=problems)
    slots = round((held_out or 0.0) * SLOTS)
    layer, is_new = Layer.objects.get_or_create(team=team, name=name, defaults={"held_out": slots})
    if not is_new and held_out is not None and layer.held_out != slots:
        raise Conflict(f"Layer {name} holds out {layer.held_out / SLOTS:.2%} of its units already.")
    return layer


def find(team: Team, name: str) -> Layer:
    """A layer by name. Raises ``NotFound``."""
    found = Layer.objects.filter(team=team, name=name).first()
    if found is None:
        raise NotFound(f"Team {team.slug} has no layer {name}; make it first: flyball abtest layer {name}.")
    return found


def left(layer: Layer) -> float:
    """The share of a layer's units that no running test has, and that is not held out."""
    return sum(behind - first for first, behind in _free(layer)) / SLOTS


def claim(*, test: ABTest, layer: Layer, share: float) -> Runs:
    """Give a test a share of a layer's slots that no other test has. Raises ``Conflict``."""
    with transaction.atomic():
        Layer.objects.select_for_update().get(pk=layer.pk)
        wanted, free = round(share * SLOTS), left(layer)
        if free * SLOTS < wanted - 0.5:
            raise Conflict(f"Layer {layer.name} has {free:.2%} of its units left; other tests have the rest.")
        claimed = _first(_free(layer), wanted)
        test.layer, test.layer_slots = layer, claimed
        test.save(update_fields=["layer", "layer_slots"])
    return claimed


def _free(layer: Layer) -> Runs:
    taken = [[0, layer.held_out]]
    for test in layer.tests.filter(ended_at=None):
        taken += test.layer_slots
    free, at = [], 0
    for first, behind in sorted(taken):
        if first > at:
            free.append([at, first])
        at = max(at, behind)
    return [*free, [at, SLOTS]] if at < SLOTS else free


def _first(free: Runs, wanted: int) -> Runs:
    found: Runs = []
    for first, behind in free:
        length = min(behind - first, wanted)
        if length:
            found.append([first, first + length])
        wanted -= length
    return found


def published(test: ABTest) -> dict[str, Any]:
    """What a route says of a test's layer."""
    if test.layer is None:
        return {}
    return {"layer": test.layer.salt, "shares": tuple((first, behind) for first, behind in test.layer_slots)}
