"""What must hold before a version may answer: its own proof, the policy, and a yes to new demands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flyball.control.declarations import discovery
from flyball.control.registry import selectors as registry
from flyball.control.registry.comparison import comparison_text
from flyball.control.registry.models import Version
from flyball.control.routing import composition
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import ConfirmationNeeded, Conflict, FlyballError, PolicyUnmet
from flyball.domain.lifecycle import is_better, is_worse
from flyball.domain.routing import Lookup, Manifest, Route, entity_columns, newly_required
from flyball.domain.schema import stricter


def prove(version: Version) -> None:
    """Load a version here and let it repeat its golden answers; errors name the version."""
    try:
        registry.loaded(version)
    except FlyballError as error:
        raise type(error)(f"{version}: {error.detail}", problems=error.problems) from error


def meet_policy(declaration: type[Endpoint], version: Version) -> None:
    """Raise ``PolicyUnmet`` unless the version's held-out score reaches the policy's minimum."""
    minimum = declaration.policy.minimum_score
    if minimum is None:
        return
    metric, score = version.facts.get("metric"), version.facts.get("held_out_score")
    if metric != declaration.metric or score is None:
        raise PolicyUnmet(
            f"{version} has no held-out score of {declaration.metric}; the policy asks for one."
        )
    if score < minimum:
        raise PolicyUnmet(
            f"{version} has a held-out {metric} of {score:.4f}; the policy asks for at least {minimum}."
        )


def refusals(champion: Manifest, beside: Manifest, lookups: Sequence[Lookup]) -> list[str]:
    """Why rows that the champion answers may be refused by a version beside it, a sentence each.

    Fields and keys that it needs, values that it does not take; and tables in which an entity that the
    champion knows may have no row. ``lookups`` are those of all routed versions.
    """
    reasons = stricter(champion.schema, beside.schema)
    keys = {lookup.on for lookup in lookups if champion.schema.of(lookup.table).fields}
    return reasons + [
        f"{lookup.on} must name the entity, for {lookup.table}."
        for lookup in lookups
        if beside.schema.of(lookup.table).fields and lookup.on not in keys
    ]


def ask_no_more(champion: Manifest, beside: Manifest, lookups: Sequence[Lookup]) -> None:
    """Raise ``Conflict`` where there are ``refusals``."""
    if reasons := refusals(champion, beside, lookups):
        raise Conflict(
            f"Version {beside.number} cannot answer beside the champion, version {champion.number}: callers "
            f"would see errors that they do not see now. {' '.join(reasons)}"
        )


def new_demands(
    before: Route | None, after: Route, old: Iterable[Manifest], new: Iterable[Manifest]
) -> tuple[str, ...]:
    """What callers could leave out before and must send from now on: fields, and columns of the entity."""
    if before is None:
        return ()
    taken, wanted = composition.accepted(old), composition.accepted(new)
    # A table that is looked up in need not be needed: applying publishes it before any version takes it.
    named = entity_columns(before, taken)
    added = (column for column in entity_columns(after, wanted) if column not in named)
    return (*newly_required(taken, wanted), *added)


def reasons_to_ask(
    demands: tuple[str, ...], version: Version, refused_behind: Sequence[str] = ()
) -> list[str]:
    """Why somebody must say yes to a promotion, a sentence each.

    ``refused_behind`` is what the fallback would refuse of what the version answers.
    """
    reasons = [f"Callers must send from now on: {', '.join(demands)}."] if demands else []
    if refused_behind:
        reasons.append(f"The fallback could not stand behind it: {' '.join(refused_behind)}")
    beside = version.facts.get("comparison") or {}
    if is_worse(beside.get("score"), beside.get("champion_score")):
        reasons.append(f"{version} is worse than the champion: {comparison_text(version)}")
    return reasons


def reason_to_keep(champion: Version, version: Version) -> str:
    """Why the champion stays where only a better version is to take over; empty where this one is better."""
    if registry.manifest(version).answering.digest == registry.manifest(champion).answering.digest:
        return f"{version} is the same model as the champion, {champion}."
    beside = version.facts.get("comparison") or {}
    if beside.get("champion") != champion.number:
        return f"{version} was not compared with the champion, {champion}."
    if is_better(beside.get("score"), beside.get("champion_score")):
        return ""
    return f"{version} is not better than the champion: {comparison_text(version)}"


def selection(endpoint: str) -> str:
    """Why no score of an endpoint may decide by itself; empty where one may, or nothing is declared any more.

    Where a decision decides whether there is an outcome, those that score were chosen by it.
    """
    declared = discovery.autodiscover().get(endpoint)
    return "" if declared is None or declared.outcome is None else str(declared.outcome.selection)


def confirm(reasons: list[str], *, yes: bool) -> None:
    """Raise ``ConfirmationNeeded`` where there is a reason to ask and nobody said yes."""
    if reasons and not yes:
        raise ConfirmationNeeded(" ".join([*reasons, "Say yes to go on."]))
