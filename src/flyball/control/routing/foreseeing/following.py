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
    Decision,
    Lookup,
    Manifest,
    Route,
    no_longer_taken,
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
    def dropped(self) -> tuple[str, ...]:
        """What callers may go on sending, and would be left out."""
        before = None if self.champion_before is None else self.champion_before.schema
        return no_longer_taken(self.current, before, self.route, self.champion.schema)


def after_promotion(version: Version) -> Following:
    """What would follow if this version became the champion.

    Raises ``UnknownEndpoint``, ``Retired``, and ``DeclarationError`` where the declaration has no longer what
    a routed version needs.
    """
    name = version.endpoint_id
    applied, declaration = endpoints.endpoint(name), discovery.find(name)
    current, chosen = selectors.route(name), registry.manifest(version)
    old = selectors.manifests(current)
    arms = promoted(current, version.number, _decision(declaration, current, chosen))
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
    new = selectors.manifests(earlier)
    champion = new[earlier.champion.version]
    kept = current.champion.decision
    decision = kept if composition.fits(kept, champion) else earlier.champion.decision
    back = replace(earlier.champion, decision=decision)
    composed = replace(
        earlier,
        number=_next(current),
        team=applied.team.slug,
        arms=tuple(back if arm == earlier.champion else arm for arm in earlier.arms),
        lookups=_lookups(earlier, new),
        repeated=current.repeated,
    )
    route = remembering(composed, current, champion.schema)
    return Following(current=current, route=route, old=selectors.manifests(current), new=new)


def _next(current: Route | None) -> int:
    return 1 if current is None else current.number + 1


def _decision(declaration: type[Endpoint], current: Route | None, champion: Manifest) -> Decision | None:
    """What has been applied stays: a declaration that changed since acts only through ``apply``."""
    if current is not None and composition.fits(current.champion.decision, champion):
        return current.champion.decision
    return composition.decision(declaration, champion)


def _lookups(earlier: Route, manifests: Mapping[int, Manifest]) -> tuple[Lookup, ...]:
    """As declared now; as they were, where that is declared no more: going back waits for no release."""
    declaration = discovery.autodiscover().get(earlier.endpoint)
    schema = composition.accepted(manifests.values())
    if declaration is None or composition.undeclared(declaration, schema):
        return earlier.lookups
    return composition.compiled(declaration, schema)
