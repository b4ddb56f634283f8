"""Reads: the route in force, and the stage of each version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db.models import OuterRef, QuerySet, Subquery

from flyball.control.connection import database, raw
from flyball.control.datasets.lookups.compiler import warnings
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing.models import Outcome, Prediction, RouteRevision
from flyball.domain.errors import NotFound, NotReady, UnknownVersion
from flyball.domain.lifecycle import stage
from flyball.domain.routing import FALLBACK, Manifest, Route, Step
from flyball.domain.routing import before_champion as number_before_champion
from flyball.stores import binding
from flyball.typed import known

known(Route)

UNBOUND = (Outcome.State.HELD, Outcome.State.AMBIGUOUS, Outcome.State.UNMATCHED)


def revisions(endpoint: str) -> QuerySet[RouteRevision]:
    """An endpoint's route revisions, newest first."""
    return RouteRevision.objects.filter(endpoint_id=endpoint).order_by("-number")


def revision(endpoint: str, number: int) -> RouteRevision:
    """One revision of an endpoint's route. Raises ``NotFound``."""
    found = revisions(endpoint).filter(number=number).first()
    if found is None:
        raise NotFound(f"{endpoint} has no route revision {number}.")
    return found


def route(endpoint: str) -> Route | None:
    """The route in force, or ``None`` before the first promotion."""
    newest = revisions(endpoint).first()
    return None if newest is None else document(newest)


def questions(names: Sequence[str]) -> dict[str, Any]:
    """What each endpoint of these that has a route is asked, as it is published; two queries."""
    newest = RouteRevision.objects.filter(endpoint=OuterRef("endpoint")).order_by("-number").values("pk")[:1]
    every = RouteRevision.objects.filter(endpoint_id__in=names, pk=Subquery(newest))
    found = every.values_list("endpoint_id", "document__asking__question")
    return {str(name): question for name, question in found}


def champion(endpoint: str) -> Version | None:
    """The version that answers now, or ``None`` before the first promotion."""
    current = route(endpoint)
    return None if current is None else registry.version(endpoint, current.champion.version)


def outcomes(endpoint: str, state: str) -> QuerySet[Outcome]:
    """An endpoint's outcomes in one state, newest first."""
    every = Outcome.objects.filter(endpoint=endpoint, state=state).order_by("-id")
    # Said besides, for the index: it holds only those that are bound to nothing.
    return every.filter(prediction=None) if state in UNBOUND else every


def candidates(endpoint: str, outcomes: Iterable[Outcome], limit: int) -> dict[int, list[Prediction]]:
    """By outcome, the predictions that it fits: those of its reference, the newest, at most ``limit``.

    Two queries, however many outcomes.
    """
    named = {each.pk: each.reference for each in outcomes if each.reference is not None}
    newest = binding.newest_of_references(database(), raw(), endpoint, named.values(), limit)
    ids = {identity for every in newest.values() for identity in every}
    rows = Prediction.objects.defer("input", "entity").in_bulk(list(ids))
    return {
        pk: [rows[identity] for identity in newest.get(reference, ()) if identity in rows]
        for pk, reference in named.items()
    }


def slow_lookups(endpoint: str) -> list[str]:
    """Which lookups of the route in force read a whole table for one entity, a sentence each."""
    current = route(endpoint)
    return [text for lookup in (current.lookups if current else ()) for text in warnings(lookup)]


def document(revision: RouteRevision) -> Route:
    """The route that a revision published."""
    return msgspec.convert(revision.document, Route)


def before_champion(endpoint: str) -> Route | None:
    """The route as it last was under the champion before the present one, or ``None``."""
    every = revisions(endpoint).reverse().values_list("number", "kind", "document__arms")
    number = number_before_champion(
        [Step(number, champion_of(arms), kind == RouteRevision.Kind.ROLLBACK) for number, kind, arms in every]
    )
    return None if number is None else document(revision(endpoint, number))


def champion_of(arms: Sequence[Mapping[str, Any]]) -> int:
    """The number of the version that answers, by the arms of a published route."""
    return next(int(arm["version"]) for arm in arms if arm["name"] == "champion")


def fallback_of(arms: Sequence[Mapping[str, Any]]) -> int | None:
    """The number of the version that answers where another fails, by the arms of a published route."""
    return next((int(arm["version"]) for arm in arms if arm["name"] == FALLBACK), None)


def manifests(route: Route | None) -> dict[int, Manifest]:
    """The manifests of the versions that may answer on a route, by number."""
    numbers = {} if route is None else dict.fromkeys(arm.version for arm in route.answering)
    return {
        number: registry.manifest(registry.version(route.endpoint, number)) for number in numbers if route
    }


def version_stage(version: Version, route: Route | None) -> str:
    """A version's stage under a route: production, staging, ab_testing, testing or archived."""
    arms = () if route is None else tuple(arm.name for arm in route.arms if arm.version == version.number)
    return stage(arms, archived=version.archived_at is not None)


def resolve(text: str, *, default: str = "champion") -> Version:
    """The version that ``income@3``, ``income@champion`` or ``income@newest`` means.

    ``default`` is what ``income`` alone means. Raises ``UnknownVersion``, or ``NotReady`` where the endpoint
    has no champion.
    """
    name, _, wanted = text.partition("@")
    wanted = wanted or default
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
        return registry.version(name, int(wanted))
    if wanted == "newest":
        return registry.newest(name)
    if wanted != "champion":
        raise UnknownVersion('A version is written as "income@3", "income@champion" or "income@newest".')
    current = route(name)
    if current is None:
        raise NotReady(f"{name} has no champion yet; promote a version first.")
    return registry.version(name, current.champion.version)
