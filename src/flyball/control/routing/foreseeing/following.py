"""The route that a promotion or a rollback would publish, and what it asks of callers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flyball.control.declarations import discovery
from flyball.control.declarations import selectors as endpoints
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing import composition, guards, selectors
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import Conflict
from flyball.domain.routing import (
    ABTest,
    Arm,
    Decision,
    Lookup,
    Manifest,
    Route,
    back_to,
    no_longer_taken,
    ordered,
    promoted,
    remembering,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """The next route of an endpoint beside the one in force (``None``: there is none yet).

    ``old`` and ``new`` are the manifests of the versions that each names, by number.
    """

    current: Route | None
    route: Route
    old: Mapping[int, Manifest]
    new: Mapping[int, Manifest]

    @property
    def champion(self) -> Manifest:
        """The version that would answer."""
        return self.new[self.route.champion.version]

    @property
    def champion_before(self) -> Manifest | None:
        """The version that answers now."""
        return None if self.current is None else self.old[self.current.champion.version]

    @property
    def required(self) -> tuple[str, ...]:
        """What callers could leave out before, and would have to send."""
        return guards.new_demands(self.current, self.route, self.old.values(), self.new.values())

    @property
    def refused_behind(self) -> list[str]:
        """What the fallback would refuse of what the champion answers, a sentence each."""
        spare = self.route.fallback
        if spare is None:
            return []
        return guards.refusals(self.champion, self.new[spare.version], self.route.lookups)

    @property
    def dropped(self) -> tuple[str, ...]:
        """What callers may go on sending, and would be left out."""
        before = None if self.champion_before is None else self.champion_before.schema
        return no_longer_taken(self.current, before, self.route, self.champion.schema)


def after_promotion(version: Version, threshold: float | None = None) -> Following:
    """What would follow if this version became the champion, with a threshold of its own where one is given.

    Raises ``UnknownEndpoint``, ``Retired``, and ``DeclarationError`` where the declaration has no longer what
    a routed version needs.
    """
    name = version.endpoint_id
    applied, declaration = endpoints.endpoint(name), discovery.find(name)
    current, chosen = selectors.route(name), registry.manifest(version)
    old = selectors.manifests(current)
    arms = promoted(current, version.number, decision_after(declaration, current, chosen), threshold)
    new = {arm.version: old.get(arm.version) or chosen for arm in arms}
    composed = composition.compose(declaration, arms, new, _next(current))
    composed = replace(composed, team=applied.team.slug, repeated=(current or composed).repeated)
    route = remembering(composed, current, chosen.schema)
    return Following(current=current, route=route, old=old, new=new)


def after_rollback(endpoint: str) -> Following:
    """What would follow if the champion before answered again.

    Raises ``Conflict`` where there is none, ``UnknownEndpoint``, ``Retired``.
    """
    applied, current = endpoints.endpoint(endpoint), selectors.route(endpoint)
    earlier = selectors.before_champion(endpoint)
    if current is None or earlier is None:
        raise Conflict(f"{endpoint} has no earlier champion to go back to.")
    earlier = replace(earlier, arms=back_to(earlier.arms, current.arms, earlier.champion.version))
    new = selectors.manifests(earlier)
    champion = new[earlier.champion.version]
    applied_now = current.champion.decision
    fits = composition.fits(applied_now, champion)
    decision = composition.fitting(applied_now, champion) if fits else earlier.champion.decision
    back = replace(earlier.champion, decision=decision)
    kept = (back if arm == earlier.champion else arm for arm in earlier.arms)
    composed = replace(
        earlier,
        number=_next(current),
        team=applied.team.slug,
        arms=tuple(kept),
        test=None,
        lookups=_lookups(earlier, new),
        repeated=current.repeated,
    )
    route = remembering(composed, current, champion.schema)
    return Following(current=current, route=route, old=selectors.manifests(current), new=new)


def after_arms(current: Route, arms: tuple[Arm, ...], test: ABTest | None) -> Following:
    """What would follow if these arms answered, under the same champion. Callers see no difference.

    Each decides what the champion does, at its own threshold where it has one. Raises ``UnknownVersion``,
    ``UnknownEndpoint``, ``Retired``, ``DeclarationError``, and ``Conflict`` where a version would refuse what
    the champion answers.
    """
    name = current.endpoint
    applied, declaration = endpoints.endpoint(name), discovery.find(name)
    old = selectors.manifests(current)
    named = replace(current, arms=ordered(arms), test=test)
    new = {
        arm.version: old.get(arm.version) or registry.manifest(registry.version(name, arm.version))
        for arm in named.answering
    }
    champion = new[current.champion.version]
    decision = decision_after(declaration, current, champion)
    composed = composition.compose(declaration, _deciding(named, decision, new), new, current.number + 1)
    composed = replace(composed, team=applied.team.slug, repeated=current.repeated, test=test)
    for manifest in new.values():
        guards.ask_no_more(champion, manifest, composed.lookups)
    route = remembering(composed, current, champion.schema)
    return Following(current=current, route=route, old=old, new=new)


def _deciding(route: Route, decision: Decision | None, manifests: Mapping[int, Manifest]) -> tuple[Arm, ...]:
    def decides(arm: Arm) -> Arm:
        if arm == route.champion or arm not in route.answering:
            return arm
        return arm.deciding(composition.fitting(decision, manifests[arm.version]))

    return tuple(map(decides, route.arms))


def _next(current: Route | None) -> int:
    return 1 if current is None else current.number + 1


def decision_after(declaration: type[Endpoint], current: Route | None, champion: Manifest) -> Decision | None:
    """What a version would decide as champion. Raises ``DeclarationError`` for a class that it lacks.

    What has been applied stays: a declaration that changed since acts only through ``apply``.
    """
    if current is None or current.champion.threshold is not None:  # its own says nothing of the others
        return composition.decision(declaration, champion)
    if composition.fits(current.champion.decision, champion):
        return composition.fitting(current.champion.decision, champion)
    return composition.decision(declaration, champion)


def _lookups(earlier: Route, manifests: Mapping[int, Manifest]) -> tuple[Lookup, ...]:
    """As declared now; as they were, where that is declared no more: going back waits for no release."""
    declaration = discovery.autodiscover().get(earlier.endpoint)
    schema = composition.accepted(manifests.values())
    if declaration is None or composition.undeclared(declaration, schema):
        return earlier.lookups
    return composition.compiled(declaration, schema)
