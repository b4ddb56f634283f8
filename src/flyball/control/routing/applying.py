"""Applying declarations: everything is checked first, then written, and each change is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.core.checks import ERROR
from django.db import connection

from flyball.control.accounts.models import Team
from flyball.control.accounts.services import ensure_team
from flyball.control.datasets.checks import check
from flyball.control.declarations.models import Endpoint as AppliedEndpoint
from flyball.control.declarations.selectors import endpoints
from flyball.control.declarations.services import record
from flyball.control.registry import selectors as registry
from flyball.control.routing import composition, guards, selectors
from flyball.control.routing.partitions import ensure_partitions
from flyball.control.routing.publishing import Kind, publish
from flyball.control.schedules import checks as schedule_checks
from flyball.control.schedules import declaring
from flyball.domain.access import SLUG, is_slug
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import DeclarationError
from flyball.domain.routing import Route, remembering

Declarations = Mapping[str, type[Endpoint]]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that applying changes: at which endpoint, and what, as half a sentence."""

    endpoint: str
    what: str


@dataclass(frozen=True, slots=True)
class _Step:
    change: Change
    act: Callable[[], Any]


def plan_changes(*, declarations: Declarations, forget: bool = False) -> list[Change]:
    """What ``apply`` would change, in order. Raises ``DeclarationError`` where it would refuse."""
    return [step.change for step in _steps(declarations, forget=forget)]


def apply(*, declarations: Declarations, user: Any = None, forget: bool = False) -> list[Change]:
    """Bring the database in line with the declarations; what was changed, nothing when all was in line.

    First every routed version is loaded and gives its golden answers here, and every declaration is
    checked; only then is anything written. An endpoint that is no longer declared keeps answering until it
    is retired, and one that was retired answers again. With
    ``forget``, each route accepts no more what only earlier champions took. Raises
    ``DeclarationError``, ``GoldenMismatch``, ``ArtifactUntrusted`` or ``ArtifactCorrupt``, or ``Conflict``
    when somebody promotes meanwhile.
    """
    steps = _steps(declarations, user, forget=forget)
    _prove_routed()
    ensure_partitions(connection)
    for step in steps:
        step.act()
    return [step.change for step in steps]


def _prove_routed() -> None:
    """Load every routed version of every endpoint here, and let it repeat its golden answers."""
    for endpoint in endpoints().filter(retired_at=None):
        for number in selectors.manifests(selectors.route(endpoint.name)):
            guards.prove(registry.version(endpoint.name, number))


def _steps(declarations: Declarations, user: Any = None, *, forget: bool = False) -> list[_Step]:
    _refuse_faults(declarations)
    steps = list(_teams(declarations))
    for _, declaration in sorted(declarations.items()):
        steps += [*_endpoint(declaration), *_route(declaration, user, forget=forget)]
        steps += [_Step(Change(declaration.name, what), act) for what, act in declaring.steps(declaration)]
    return steps


def _refuse_faults(declarations: Declarations) -> None:
    """Raise ``DeclarationError`` with everything that the system checks find wrong."""
    every = [declarations[name] for name in sorted(declarations)]
    found = [fault for one in every for fault in [*check(one), *schedule_checks.check(one)]]
    found = [fault for fault in found if fault.level >= ERROR]
    if found:
        raise DeclarationError(
            "\n".join(f"{each.id}: {each.msg} {each.hint or ''}".strip() for each in found)
        )


def _teams(declarations: Declarations) -> Iterator[_Step]:
    known = set(Team.objects.values_list("slug", flat=True))
    first: dict[str, str] = {}
    for name in sorted(declarations):
        first.setdefault(declarations[name].team, name)
    for team, endpoint in first.items():
        if not is_slug(team):
            raise DeclarationError(f"{endpoint}: team {SLUG}")
        if team not in known:
            yield _Step(Change(endpoint, f"team {team} is created"), partial(ensure_team, slug=team))


def _endpoint(declaration: type[Endpoint]) -> Iterator[_Step]:
    name = declaration.name
    applied = AppliedEndpoint.objects.select_related("team").filter(name=name).first()
    if applied is None:
        what = f"is created ({declaration.task}, team {declaration.team})"
        yield _Step(Change(name, what), partial(record, declaration=declaration))
    elif what := ", ".join(_differences(declaration, applied)):
        yield _Step(Change(name, what), partial(record, declaration=declaration))


def _route(declaration: type[Endpoint], user: Any, *, forget: bool) -> Iterator[_Step]:
    current = selectors.route(declaration.name)
    if current is None:
        return
    following = _following(declaration, current, forget=forget)
    if not composition.same(current, following):
        what = f"{'; '.join(_changed(current, following))}: route {following.number}"
        yield _Step(
            Change(declaration.name, what),
            partial(publish, route=following, kind=Kind.APPLY, reason="apply", user=user),
        )


def _differences(declaration: type[Endpoint], applied: AppliedEndpoint) -> Iterator[str]:
    if applied.retired_at is not None:
        yield "is retired no more"
    if applied.team.slug != declaration.team:
        yield f"moves from team {applied.team} to team {declaration.team}"
    if applied.task != declaration.task:
        yield f"becomes {declaration.task} instead of {applied.task}"
    if applied.description != declaration.description():
        yield "has a new description"


def _following(declaration: type[Endpoint], current: Route, *, forget: bool) -> Route:
    manifests = selectors.manifests(current)
    champion = current.champion
    decision = composition.decision(declaration, manifests[champion.version])
    arms = tuple(
        arm
        if arm not in current.answering
        else arm.deciding(composition.fitting(decision, manifests[arm.version]))
        for arm in current.arms
    )
    following = composition.compose(declaration, arms, manifests, current.number + 1)
    following = replace(following, test=current.test)
    return remembering(following, None if forget else current, manifests[champion.version].schema)


def _changed(route: Route, other: Route) -> Iterator[str]:
    new = [name for name in ("team", "lookups") if getattr(route, name) != getattr(other, name)]
    if route.repeated != other.repeated:
        new.append("rule for repeated references")
    if [arm.decision for arm in route.arms] != [arm.decision for arm in other.arms]:
        new.append("decision")
    if route.asking != other.asking:
        new.append("words for people who ask")
    if new:
        yield f"new {', '.join(new)}"
    before, after = (*route.fields, *route.keys), (*other.fields, *other.keys)
    for word, names in (("accepts", set(after) - set(before)), ("forgets", set(before) - set(after))):
        if names:
            yield f"{word} {', '.join(sorted(names))}"
