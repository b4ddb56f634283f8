"""A request that works: made from a version's golden rows and its snapshot's first entity."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flyball.domain.errors import DataError, NotFound
from flyball.domain.routing import Manifest, Route
from flyball.serving.preparing import csv_rows

if TYPE_CHECKING:
    from flyball.control.registry.models import Version

FIRST_ROWS = 1000
"""Rows of a snapshot that are looked through for an entity."""


def curl(url: str, key_file: Path, team: str) -> str | None:
    """A line to paste into a shell, for the first endpoint of the team that can answer.

    The shell reads the key from its file: the line itself may be shown and kept.
    """
    from flyball.control.declarations.selectors import endpoints
    from flyball.control.routing import selectors

    for endpoint in endpoints([team]):
        route = selectors.route(endpoint.name)
        if route is not None:
            return _line(url, key_file, route)
    return None


def _line(url: str, key_file: Path, route: Route) -> str:
    address = shlex.quote(f"{url}{_path(f'endpoints/{route.endpoint}/predictions')}")
    key = f'"Authorization: Bearer $(cat {shlex.quote(str(key_file))})"'
    sent = shlex.quote(json.dumps(body(route), ensure_ascii=False))
    return f"curl {address} -H {key} -H 'Content-Type: application/json' -d {sent}"


def _path(rest: str) -> str:
    """The path of a door where the project has put Flyball."""
    from django.urls import NoReverseMatch, reverse

    try:
        return reverse("flyball-door", kwargs={"rest": rest})
    except NoReverseMatch:
        return f"/v1/{rest}"


def body(route: Route) -> dict[str, Any]:
    """The body of a request that the route's champion answers."""
    from flyball.control.registry import selectors

    version = selectors.version(route.endpoint, route.champion.version)
    manifest = selectors.manifest(version)
    entity = csv_rows.keys(route.lookups, _entity(version)) if route.lookups else {}
    sent = {"entity": entity, "input": _input(manifest)}
    return {name: values for name, values in sent.items() if values}


def _input(manifest: Manifest) -> dict[str, Any]:
    if not manifest.golden:
        return {}
    row = manifest.golden[0][0]
    return {field.name: row.get(field.name) for field in manifest.schema.of("request").fields}


def _entity(version: Version) -> dict[str, Any]:
    """An entity of the snapshot that the version learned from: the first that has all its keys.

    Empty where that snapshot is not here.
    """
    import pyarrow.parquet

    from flyball.control.datasets import selectors

    digest = version.facts.get("snapshot", {}).get("digest", "")
    try:
        path = selectors.snapshot_path(selectors.snapshot(version.endpoint_id, digest))
    except (NotFound, DataError):  # a version that was imported, or built on another machine
        return {}
    with pyarrow.parquet.ParquetFile(path) as file:
        batch = next(file.iter_batches(batch_size=FIRST_ROWS, columns=["_key", "_entity"]), None)
    rows = [] if batch is None else batch.to_pylist()
    entities = [json.loads(row["_entity"]) for row in rows if row["_entity"] != row["_key"]]
    return max(entities, key=len, default={})
