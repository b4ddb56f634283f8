"""The endpoint ``purchase``: applied, promoted, and declared anew."""

from __future__ import annotations

from pathlib import Path

from flyball import FeatureTable
from flyball.control.registry import services as registry
from flyball.control.registry.models import Version
from flyball.control.routing import selectors, services
from flyball.control.routing.models import RouteRevision
from flyball.control.routing.services import RouteChange
from tests.applied import take_snapshot
from tests.registry import small


def champions() -> list[int]:
    """The champion of every revision, in order."""
    every = RouteRevision.objects.filter(endpoint_id="purchase").order_by("number")
    return [selectors.document(revision).champion.version for revision in every]


def applied(folder: Path, **attributes: object) -> Version:
    """A version of an endpoint that has been applied."""
    declaration, version = small.version(folder, **attributes)
    services.apply(declarations={declaration.name: declaration})
    return version


def copy(version: Version) -> Version:
    """The same model under the next number."""
    assert version.candidate is not None
    return registry.register(build=version.candidate.build)


def promote(version: Version | int, **more: object) -> RouteChange:
    """What promoting a version comes to."""
    number = version if isinstance(version, int) else version.number
    return services.promote(endpoint="purchase", version=number, **more)  # type: ignore[arg-type]  # a test's words


def second_declaration(tmp_path: Path, **attributes: object) -> Version:
    """A version of the same endpoint after its declaration changed; nothing is applied."""
    declaration = small.declare(small.write_csv(tmp_path / "more.csv"), **attributes)
    taken = take_snapshot(declaration)
    return registry.register(build=small.built(declaration, taken, tmp_path, attributes))


def pays(folder: Path) -> FeatureTable:
    """What people of an age are paid."""
    lines = ["age,pay", *(f"{age},{age * 3 % 17}" for age in range(20, 70))]
    (folder / "pays.csv").write_text("\n".join(lines))
    return FeatureTable("pays", file=str(folder / "pays.csv"), on="age", static=True)
