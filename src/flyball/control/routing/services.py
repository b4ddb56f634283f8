"""Writes: promotion and rollback, each one immutable route revision more; builds; what comes from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flyball.control.declarations import discovery
from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.trust import trusted
from flyball.control.jobs import services as jobs
from flyball.control.jobs.models import Job
from flyball.control.registry import portable
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing import guards, selectors
from flyball.control.routing.applying import Change, apply, plan_changes
from flyball.control.routing.foreseeing.following import (
    Following,
    after_arms,
    after_promotion,
    after_rollback,
)
from flyball.control.routing.publishing import Kind, RouteChange, Verdict, check_expected, publish
from flyball.control.routing.pulling import record_outcomes_pulled
from flyball.control.routing.removing import archive_version, remove_version, restore_version
from flyball.control.routing.resolving import resolve_outcome, retract_outcome
from flyball.domain.errors import ConfirmationNeeded, Conflict, InvalidInput, PolicyUnmet, Problem
from flyball.domain.routing import ABTest, Arm, Route, ordered

__all__ = [
    "Change",
    "RouteChange",
    "Verdict",
    "apply",
    "archive_version",
    "ask_build",
    "disarm",
    "import_version",
    "plan_changes",
    "promote",
    "promote_if_better",
    "rearm",
    "record_outcomes_pulled",
    "remove_version",
    "resolve_outcome",
    "restore_version",
    "retract_outcome",
    "rollback",
]


def promote(
    *,
    endpoint: str,
    version: int,
    expected: int | None = None,
    yes: bool = False,
    user: Any = None,
    verdict: Verdict | None = None,
) -> RouteChange:
    """Make a version the champion, as one route revision more; none where it is champion already.

    ``expected`` is the number of the revision that the caller has seen in force (0: none yet); ``verdict``
    is the A/B test that ends with it. Raises
    ``Conflict`` where another one is, also when somebody else is quicker, and while another test runs;
    ``PolicyUnmet``; the errors of
    loading and ``GoldenMismatch``; ``ConfirmationNeeded`` where callers must send more than before, or the
    version is worse than the champion it was compared with, and ``yes`` is not given.
    """
    endpoints.endpoint(endpoint)
    declaration, current = discovery.find(endpoint), selectors.route(endpoint)
    check_expected(current, expected)
    _check_test(current, verdict)
    chosen = registry.version(endpoint, version)
    threshold = None if verdict is None else verdict.threshold
    if current is not None and (current.champion.version, current.champion.threshold) == (version, threshold):
        return RouteChange(revision=selectors.revision(endpoint, current.number), is_new=False)
    guards.meet_policy(declaration, chosen)
    guards.prove(chosen)
    following = after_promotion(chosen, threshold)
    guards.confirm(guards.reasons_to_ask(following.required, chosen, following.refused_behind), yes=yes)
    reason = f"promotion of version {version}" if verdict is None else verdict.reason
    return _published(following, current, Kind.PROMOTION, reason, user)


def rearm(
    *,
    endpoint: str,
    arms: tuple[Arm, ...],
    test: ABTest | None,
    expected: int,
    kind: Kind,
    reason: str,
    user: Any = None,
) -> RouteChange:
    """Let other arms answer beside the same champion, as one route revision more.

    ``arms`` are all of them, in any order; ``test`` is the A/B test in force from then on, its runs naming
    arms by their places among those that answer, the champion first, then those of the test. ``expected`` is
    the revision in force, from which they were made. Raises ``Conflict`` where another one is, or where a
    version refuses what the champion answers; ``UnknownVersion``; the errors of loading.
    """
    current = selectors.route(endpoint)
    check_expected(current, expected)
    if current is None:
        raise Conflict(f"{endpoint} has no champion yet; promote a version first.")
    following = after_arms(current, arms, test)
    for number in following.new.keys() - following.old.keys():
        guards.prove(registry.version(endpoint, number))
    return _published(following, current, kind, reason, user)


def disarm(
    *, endpoint: str, arms: tuple[Arm, ...], expected: int, kind: Kind, reason: str, user: Any = None
) -> RouteChange:
    """Take arms and the A/B test out of a route whose endpoint is declared no more, or retired.

    Nothing is composed anew, for there is no declaration to do it by. ``arms`` are those that stay. Raises
    ``Conflict`` where another revision than ``expected`` is in force.
    """
    current = selectors.route(endpoint)
    number = check_expected(current, expected)
    if current is None:
        raise Conflict(f"{endpoint} has no route.")
    route = replace(current, number=number, arms=ordered(arms), test=None)
    return RouteChange(revision=publish(route=route, kind=kind, reason=reason, user=user))


def promote_if_better(*, endpoint: str, version: int, user: Any = None) -> str:
    """Make a version the champion where nobody has to be asked: why it is not, or nothing where it is.

    It must meet the policy, score better than the champion on the same held-out rows, and take no more from
    callers. Where there is no champion, the policy alone decides. No score decides where outcomes are
    observed with one decision alone. Raises the errors of loading and ``GoldenMismatch``.
    """
    current, chosen = selectors.route(endpoint), registry.version(endpoint, version)
    if reason := _reason_to_ask(endpoint, current, chosen):
        return reason
    try:
        number = 0 if current is None else current.number
        promote(endpoint=endpoint, version=version, expected=number, user=user)
    except (PolicyUnmet, ConfirmationNeeded, Conflict) as refused:
        return refused.detail
    return ""


def rollback(*, endpoint: str, expected: int | None = None, user: Any = None) -> RouteChange:
    """Bring back the route that was in force before the present champion, as one revision more.

    Asked again, it goes further back. ``expected`` is as for ``promote``. It waits for no yes: what callers
    must send again is said with it. Raises ``Conflict`` where there is nothing to go back to or the route
    has changed, and the errors of loading.
    """
    endpoints.endpoint(endpoint)
    current = selectors.route(endpoint)
    check_expected(current, expected)
    following = after_rollback(endpoint)
    for routed in following.new:
        guards.prove(registry.version(endpoint, routed))
    reason = f"rollback to version {following.champion.number}"
    return _published(following, current, Kind.ROLLBACK, reason, user)


def _check_test(current: Route | None, verdict: Verdict | None) -> None:
    """Raise ``Conflict`` where a champion would change under an A/B test that has not ended."""
    running = None if current is None else current.test
    if running is not None and (verdict is None or verdict.test != running.number):
        raise Conflict(
            f"A/B test {running.number} runs on this endpoint: its arms would change under it. "
            "Stop it first: flyball abtest stop."
        )


def ask_build(
    *, endpoint: str, arguments: Mapping[str, Any], again: bool = False, user: Any = None
) -> tuple[Job, bool]:
    """Ask for a build: its job, and whether it is a new one. Arguments that say nothing are left out.

    Where the same build waits or runs already, it is its job, unless ``again``. Raises ``UnknownEndpoint``
    and ``Retired``.
    """
    return jobs.ask_once(
        kind="build",
        endpoint=endpoints.endpoint(endpoint),
        arguments={name: value for name, value in arguments.items() if value},
        user=user,
        again=again,
    )


def import_version(*, folder: Path, endpoint: str | None = None) -> Version:
    """Register an exported version; which types it may hold is for this server's own declaration to say.

    Raises ``UnknownEndpoint``, ``InvalidInput`` for another task, and what the registry's import raises.
    """
    manifest = portable.folder_manifest(folder)
    declaration = discovery.find(endpoint or manifest.endpoint)
    if manifest.task != declaration.task:
        problem = Problem("/task", "wrong_task", f"The endpoint is declared as {declaration.task}.")
        raise InvalidInput("The folder's version is for another task.", problems=[problem])
    return portable.import_version(
        folder=folder, endpoint=declaration.name, trusted=trusted(declaration.name)
    )


def _reason_to_ask(endpoint: str, current: Route | None, chosen: Version) -> str:
    """Why a version may not take over unasked; empty where it may, or answers already."""
    if current is not None and current.champion.version == chosen.number:
        return ""
    declaration = discovery.find(endpoint)
    is_scored = current is not None or declaration.policy.minimum_score is not None
    if is_scored and (reason := guards.selection(endpoint)):
        return f"{chosen} has a score that says too little. {reason}"
    if current is None:
        return ""
    return guards.reason_to_keep(registry.version(endpoint, current.champion.version), chosen)


def _published(following: Following, seen: Route | None, kind: Kind, reason: str, user: Any) -> RouteChange:
    """The route as the next revision; ``seen`` is the one in force that everything was decided about."""
    if following.current != seen:
        raise Conflict(f"The route of {following.route.endpoint} was changed by somebody else.")
    revision = publish(route=following.route, kind=kind, reason=reason, user=user)
    return RouteChange(revision=revision, dropped=following.dropped, required=following.required)
