"""Writes: a test is started, its weights change, and it ends; each as one route revision more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from flyball.control.abtests import layers, selectors
from flyball.control.abtests.asking import Asked, check
from flyball.control.abtests.models import ABTest
from flyball.control.abtests.planning import Planned, draft, planned
from flyball.control.abtests.spec import Spec, of_document
from flyball.control.abtests.strata import CHAMPION, History, allocation, is_assigned, label, runs
from flyball.control.declarations import discovery
from flyball.control.declarations import selectors as endpoints
from flyball.control.registry import selectors as registry
from flyball.control.routing import guards
from flyball.control.routing import selectors as routing
from flyball.control.routing import services as routes
from flyball.control.routing.models import RouteRevision
from flyball.control.routing.publishing import check_expected
from flyball.domain import routing as published
from flyball.domain.abtests.assignment import Allocation
from flyball.domain.abtests.assignment import allocation as first_allocation
from flyball.domain.errors import Conflict, FlyballError, InvalidInput, Problem
from flyball.domain.records import now
from flyball.domain.routing import Arm, Manifest, Route, entity_columns, ordered, standing
from flyball.domain.schema import Kind

LONGEST_REASON = 200
NEVER = timedelta(minutes=15)
"""After this a test that no route has is taken to have been killed at its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A test that is in force, the route revision that says so, and what is to be expected of it."""

    test: ABTest
    revision: RouteRevision
    plan: Planned


def plan(*, endpoint: str, asked: Asked) -> tuple[Spec, Planned]:
    """What a test would compare, and what is to be expected of it. Raises as ``start``."""
    prepared = _prepared(endpoint, asked)
    return planned(asked, prepared.spec, prepared.route, prepared.declaration, prepared.champion)


def start(*, endpoint: str, asked: Asked, expected: int | None = None, user: Any = None) -> Started:
    """Start a test: from the next revision on, units are assigned to its arms.

    Nothing changes for callers. ``expected`` is the number of the revision that the caller has seen. Raises
    ``InvalidInput``, ``UnknownEndpoint``, ``Retired``, ``UnknownVersion``, ``NotFound`` for a layer,
    ``PolicyUnmet``; ``Conflict`` without a champion, while another test runs, where a challenger would refuse
    what the champion answers, or where the route has changed; the errors of loading.
    """
    prepared = _prepared(endpoint, asked)
    check_expected(prepared.route, expected)
    spec, expectation = planned(asked, prepared.spec, prepared.route, prepared.declaration, prepared.champion)
    test = _made(prepared, spec, asked, user)
    try:
        revision = _put(test, spec, asked, prepared.route, user)
    except FlyballError:
        test.delete()  # it was never in force
        raise
    return Started(test=test, revision=revision, plan=expectation)


def reweigh(
    *,
    test: ABTest,
    shares: Mapping[str, float],
    reason: str = "",
    kind: RouteRevision.Kind = RouteRevision.Kind.TEST,
    expected: int | None = None,
    user: Any = None,
) -> RouteRevision:
    """Give arms other shares, by label; those left out give theirs to the champion, and end.

    No unit moves that need not. ``expected`` is as for ``start``. Raises ``Conflict`` where the test is not
    in force, ``InvalidInput`` for shares that do not fit or an arm that it has not.
    """
    route = _route_of(test, expected)
    arms = {label(arm): arm for arm in route.answering if is_assigned(arm)}
    if unknown := [name for name in shares if name not in arms]:
        problem = Problem("/shares", "unknown", f"There are: {', '.join(arms)}.")
        raise InvalidInput(f"The test has no arm {unknown[0]}.", problems=[problem])
    if not any(shares.get(name) for name in arms if name != CHAMPION):
        problem = Problem("/shares", "out_of_range", "One challenger at least has a share.")
        raise InvalidInput("The test would have no challenger; stop it instead.", problems=[problem])
    wanted = {CHAMPION: 1.0 - sum(share for name, share in shares.items() if name != CHAMPION)}
    wanted |= {name: share for name, share in shares.items() if share > 0 and name != CHAMPION}
    changed = allocation(route).changed(wanted)
    reason = (
        reason or f"has other shares: {', '.join(f'{name} {share:.4g}' for name, share in wanted.items())}"
    )
    return _publish(test, route, arms, changed, reason, kind, user)


def stop(*, test: ABTest, reason: str = "", expected: int | None = None, user: Any = None) -> ABTest:
    """End a test: the champion answers all again, and nothing changes for callers.

    Also that of an endpoint that is retired or declared no more: its share of a layer is free then.
    ``expected`` is as for ``start``. Raises ``Conflict`` where the test is not in force, or the route has
    changed.
    """
    route = _route_of(test, expected)
    change: dict[str, Any] = {
        "endpoint": test.endpoint_id,
        "arms": tuple(_alone(arm) for arm in standing(route.arms)),
        "expected": route.number,
        "kind": RouteRevision.Kind.TEST,
        "reason": _said(test, reason or "is stopped"),
        "user": user,
    }
    is_declared = test.endpoint_id in discovery.autodiscover() and test.endpoint.retired_at is None
    made = routes.rearm(**change, test=None) if is_declared else routes.disarm(**change)
    return close(test=test, revision=made.revision)


def win(*, test: ABTest, arm: str, reason: str, user: Any = None) -> ABTest:
    """End a test with one of its arms as champion. Raises ``Conflict``, and as ``promote``."""
    route = _route_of(test)
    won = next((each for each in route.answering if is_assigned(each) and label(each) == arm), None)
    if won is None:
        raise Conflict(f"{test} has no arm {arm} any more: somebody has changed its weights.")
    change = routes.promote(
        endpoint=test.endpoint_id,
        version=won.version,
        expected=route.number,
        yes=True,  # it was compared where it counts
        user=user,
        verdict=routes.Verdict(test=test.number, reason=_said(test, reason), threshold=won.threshold),
    )
    return close(test=test, revision=change.revision)


def close(*, test: ABTest, revision: RouteRevision) -> ABTest:
    """Keep that a revision has ended a test: the last look at it is taken, and its layer's slots are free."""
    test.ended_at, test.ended_by = revision.created_at, revision.number
    test.next_look_at = now()
    test.save(update_fields=["ended_at", "ended_by", "next_look_at"])
    return test


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    spec: Spec
    route: Route
    declaration: Any
    champion: Manifest


def _prepared(endpoint: str, asked: Asked) -> _Prepared:
    check(asked)
    endpoints.endpoint(endpoint)
    declaration, route = discovery.find(endpoint), routing.route(endpoint)
    if route is None:
        raise Conflict(f"{endpoint} has no champion yet; promote a version first.")
    if route.test is not None:
        raise Conflict(f"A/B test {route.test.number} runs already: flyball abtest stop {endpoint} ends it.")
    if asked.layer:
        layers.find(endpoints.endpoint(endpoint).team, asked.layer)
    champion = registry.manifest(registry.version(endpoint, route.champion.version))
    challengers = []
    for arm in asked.challengers:
        version = registry.version(endpoint, arm.version)
        if version.archived_at is not None:
            raise Conflict(f"{version} is archived; restore it first.")
        if arm.threshold is not None and declaration.decide is None:
            problem = Problem("/challengers", "no_decision", "The endpoint decides nothing.")
            raise InvalidInput(f"{version} cannot have a threshold.", problems=[problem])
        if (arm.version, arm.threshold) == (route.champion.version, route.champion.threshold):
            raise Conflict(f"{version} is the champion; a test compares it with another one.")
        guards.meet_policy(declaration, version)
        guards.prove(version)  # before anything is written: it takes seconds
        challengers.append(registry.manifest(version))
    _check_unit(asked.unit, route, [champion, *challengers])
    spec = draft(asked, declaration, champion)
    return _Prepared(spec=spec, route=route, declaration=declaration, champion=champion)


def units(route: Route, manifests: Sequence[Manifest]) -> list[str]:
    """The columns that may say whose a row is: of the entity, or of the request where every version has them.

    ``manifests`` has the champion's first. Moments have several spellings, and are none.
    """
    return [name for name, kind in _named(route, manifests).items() if kind is not Kind.TIMESTAMP]


def _named(route: Route, manifests: Sequence[Manifest]) -> dict[str, Kind]:
    keys = {lookup.on: lookup.key_kind for lookup in route.lookups}
    sent = [{field.name: field.kind for field in each.schema.of("request").fields} for each in manifests]
    return {name: keys[name] for name in entity_columns(route, manifests[0].schema)} | {
        name: kind for name, kind in sent[0].items() if all(name in each for each in sent)
    }


def _check_unit(unit: str, route: Route, manifests: Sequence[Manifest]) -> None:
    """The unit must be on record with each prediction, spelled as it was sent."""
    usable = units(route, manifests)
    is_usable = unit in usable if unit else Kind.TIMESTAMP not in [each.key_kind for each in route.lookups]
    if not is_usable:
        names = ", ".join(usable)
        message = f"A unit is a column of the entity or of the request that every arm takes: {names}."
        raise InvalidInput(
            "The test does not fit the endpoint.", problems=[Problem("/unit", "unknown_unit", message)]
        )


def _made(prepared: _Prepared, spec: Spec, asked: Asked, user: Any) -> ABTest:
    endpoint = prepared.route.endpoint
    layer = layers.find(endpoints.endpoint(endpoint).team, asked.layer) if asked.layer else None
    newest = selectors.tests(endpoint).aggregate(Max("number"))["number__max"] or 0
    try:
        with transaction.atomic():
            test = ABTest.objects.create(
                endpoint_id=endpoint,
                number=newest + 1,
                before=prepared.route.number,
                spec=spec.document(),
                name=asked.name or None,
                declared=asked.declared,
                next_look_at=now(),  # whoever is killed from here on leaves a test that is looked at
                created_by=user,
            )
            if layer is not None:
                layers.claim(test=test, layer=layer, share=asked.layer_share)
    except IntegrityError:
        raise Conflict(f"Somebody else starts a test of {endpoint} just now.") from None
    return test


def _put(test: ABTest, spec: Spec, asked: Asked, route: Route, user: Any) -> RouteRevision:
    name = "canary" if spec.ramp is not None else "challenger"
    shares = {arm: share for arm, share in asked.shares.items() if share}
    beside = {
        each: Arm(name, each.version, weight=share, threshold=each.threshold)
        for each, share in shares.items()
    }
    arms = {label(arm): arm for arm in (route.champion, *beside.values())}
    wanted = {CHAMPION: 1.0 - sum(shares.values())}
    wanted |= {label(beside[each]): share for each, share in shares.items()}
    reason = f"starts: {', '.join(name for name in wanted if name != CHAMPION)} beside the champion"
    return _publish(test, route, arms, first_allocation(wanted), reason, RouteRevision.Kind.TEST, user)


def _publish(
    test: ABTest,
    route: Route,
    arms: Mapping[str, Arm],
    allocated: Allocation,
    reason: str,
    kind: RouteRevision.Kind,
    user: Any,
) -> RouteRevision:
    held = allocated.shares()
    tested = [replace(arms[name], weight=share) for name, share in held.items()]
    others = [arm for arm in standing(route.arms) if arm.name != CHAMPION]
    every = ordered([*tested, *others])
    spec = of_document(test.spec)
    change = routes.rearm(
        endpoint=test.endpoint_id,
        arms=every,
        test=published.ABTest(
            number=test.number,
            salt=f"{test.endpoint_id} {test.number}",
            unit=spec.unit,
            runs=runs(every, allocated),
            **layers.published(test),
        ),
        expected=route.number,
        kind=kind,
        reason=_said(test, reason),
        user=user,
    )
    return change.revision


def _route_of(test: ABTest, expected: int | None = None) -> Route:
    route = routing.route(test.endpoint_id)
    check_expected(route, expected)
    if route is None or route.test is None or route.test.number != test.number:
        raise Conflict(f"{test} is not in force.")
    return route


def _alone(arm: Arm) -> Arm:
    return replace(arm, weight=1.0) if arm.name == CHAMPION else arm


def _said(test: ABTest, what: str) -> str:
    text = f"A/B test {test.number} {what}"
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1]}…"


def notice(*, test: ABTest, found: History) -> None:
    """Keep that a test has ended where a revision of another kind took it out, or where none ever had it."""
    if test.ended_at is not None:
        return
    if found.ended_by is not None:
        close(test=test, revision=routing.revision(test.endpoint_id, found.ended_by))
    elif not found.strata and now() - test.created_at > NEVER:
        test.ended_at, test.name = test.created_at, None  # its declaration starts another one
        test.save(update_fields=["ended_at", "name"])
