"""Versions put straight into a new database, as the control plane would publish them."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from flyball.domain.routing import ABTest, Arm, Manifest, Route
from flyball.learning.package import Package

T = TypeVar("T")


def apart(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function in a process of its own: Django knows one database a process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def start_django(folder: Path, url: str) -> None:
    """Have this process's Django use that home and database."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "flyball.project.settings",
        "FLYBALL_HOME": str(folder),
        "FLYBALL_DATABASE_URL": url,
    }
    import django

    django.setup()


def publish(folder: Path, url: str, package: Package, free: bool) -> str:
    """The package becomes the champion of its endpoint; ``free``: with a model that costs nothing.

    Gives a key that may ask it.
    """
    manifest = package.manifest
    if free:
        only = replace(manifest.answering, runtime="constant")
        manifest = replace(manifest, artifacts=(only,), golden=())
    return _published(folder, url, [(manifest, package)])


def publish_many(folder: Path, url: str, packages: Sequence[Package], number: int) -> str:
    """So many endpoints, ``many-0`` and so on, each with one of the packages in turn. Gives a key for all."""
    turns = [packages[place % len(packages)] for place in range(number)]
    versions = [(replace(each.manifest, endpoint=f"many-{place}"), each) for place, each in enumerate(turns)]
    return _published(folder, url, versions)


def publish_arms(
    folder: Path, url: str, package: Package, routes: Mapping[str, tuple[tuple[Arm, ...], ABTest | None]]
) -> str:
    """Endpoints with the package as version 1 and 2, and with arms and a test beside the champion.

    Gives a key for all.
    """
    versions = [(replace(package.manifest, endpoint=name), package) for name in routes]
    return _published(folder, url, versions, routes)


def _published(
    folder: Path,
    url: str,
    versions: Sequence[tuple[Manifest, Package]],
    routes: Mapping[str, tuple[tuple[Arm, ...], ABTest | None]] | None = None,
) -> str:
    start_django(folder, url)
    from django.core.management import call_command

    from flyball.control.accounts import services as accounts

    call_command("migrate", verbosity=0)
    team = accounts.ensure_team(slug="default")
    for manifest, package in versions:
        beside, test = (routes or {}).get(manifest.endpoint, ((), None))
        _publish(manifest, package, team, beside, test)
    return accounts.issue_key(team=team, role="member", label="benchmark")[1]


def _publish(
    manifest: Manifest, package: Package, team: Any, beside: tuple[Arm, ...], test: ABTest | None
) -> None:
    from flyball.control import connection
    from flyball.control.declarations.models import Endpoint
    from flyball.control.registry.models import Version
    from flyball.control.routing.publishing import Kind
    from flyball.control.routing.publishing import publish as publish_route
    from flyball.stores import artifacts

    name = manifest.endpoint
    for data in package.files.values():
        artifacts.write(connection.database(), connection.raw(), data)
    Endpoint.objects.create(name=name, team=team, task=manifest.task)
    arms = (Arm("champion", 1), *beside)
    for number in dict.fromkeys(arm.version for arm in arms):
        document = msgspec.to_builtins(replace(manifest, number=number))
        Version.objects.create(endpoint_id=name, number=number, manifest=document, facts={})
    route = Route(endpoint=name, team=team.slug, task=manifest.task, number=1, arms=arms, test=test)
    publish_route(route=route, kind=Kind.PROMOTION, reason="a benchmark")
