"""Composing the next route of an endpoint from its arms and its declaration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from flyball.control.datasets.lookups.compiler import lookups
from flyball.domain.asking.words import published
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import DeclarationError
from flyball.domain.routing import Arm, Decision, Lookup, Manifest, Route
from flyball.domain.schema import Schema, union
from flyball.domain.values import label_of, label_text


def compose(
    declaration: type[Endpoint],
    arms: tuple[Arm, ...],
    manifests: Mapping[int, Manifest],
    number: int,
) -> Route:
    """The complete route as it would be published now, ``manifests`` being those of the arms that answer.

    Raises ``DeclarationError`` where the declaration no longer has what a routed version needs, or is of
    another task.
    """
    for known, manifest in manifests.items():
        if manifest.task != declaration.task:
            declared = f"{declaration.name} is declared as {declaration.task}"
            raise DeclarationError(f"{declared}; version {known} is for {manifest.task}.")
    route = Route(
        endpoint=declaration.name,
        team=declaration.team,
        task=declaration.task,
        number=number,
        arms=arms,
        repeated="latest" if declaration.outcome is None else declaration.outcome.repeated,
        asking=published(declaration),
    )
    schema = accepted(manifests[arm.version] for arm in route.answering)
    return replace(route, lookups=compiled(declaration, schema))


def accepted(manifests: Iterable[Manifest]) -> Schema:
    """What an endpoint takes: the union of its routed versions' fields."""
    return union(manifest.schema for manifest in manifests)


def compiled(declaration: type[Endpoint], schema: Schema) -> tuple[Lookup, ...]:
    """How the data plane reads the feature tables that a schema needs."""
    gone = ", ".join(sorted(undeclared(declaration, schema)))
    if gone:
        raise DeclarationError(f"{declaration.name}: a routed version needs feature table {gone}.")
    return lookups(declaration, schema)


def undeclared(declaration: type[Endpoint], schema: Schema) -> set[str]:
    """The feature tables that a schema needs and that the declaration no longer names."""
    needed = {field.source for field in schema.fields} - {"request"}
    return needed - {table.name for table in declaration.tables()}


def decision(declaration: type[Endpoint], champion: Manifest) -> Decision | None:
    """The published form of ``decide``. Raises ``DeclarationError`` for a class that the model lacks."""
    declared = declaration.decide
    if declared is None:
        return None
    label = None
    if declaration.task == "classification":
        positive = declaration.outcome.positive
        meant = label_of(positive, champion.classes)
        label = label_text(positive if meant is None else meant)
    costs = declared.costs
    made = Decision(
        threshold=0.0 if declared.threshold is None else declared.threshold,
        at_or_above=declared.at_or_above,
        below=declared.below,
        label=label,
        break_even=costs.break_even if costs else None,
    )
    if not fits(made, champion):
        raise DeclarationError(
            f"{declaration.name}: outcome.positive is not a class of version {champion.number};"
            " build and promote one that knows it."
        )
    return made.of(champion)


def fitting(decision: Decision | None, manifest: Manifest) -> Decision | None:
    """The decision as a version makes it; none where its outputs do not fit."""
    return decision.of(manifest) if decision is not None and fits(decision, manifest) else None


def fits(decision: Decision | None, manifest: Manifest) -> bool:
    """Whether a decision can be made about this version's outputs; true where there is none to make."""
    return decision is None or decision.fits(manifest.task, manifest.classes)


def same(route: Route, other: Route) -> bool:
    """Whether two routes differ in nothing but their numbers."""
    return replace(route, number=0) == replace(other, number=0)
