"""A fitted endpoint put straight into the tables, as the control plane would publish it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import msgspec
import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from flyball.control.accounts import services as accounts
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.models import Version
from flyball.control.routing.models import RouteRevision
from flyball.domain.routing import Arm, Decision, Lookup, Manifest, Route
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference.frame import frame
from flyball.learning.dataset import Dataset
from flyball.learning.package import Package, packaged
from flyball.stores import artifacts
from flyball.stores.database import Database

AGE = Field(name="age", kind=Kind.NUMBER, low=0, high=120)
WARD = Field(name="ward", kind=Kind.CATEGORY, categories=("east", "west"))
SCHEMA = Schema((AGE, WARD))
ROW = {"age": 80.0, "ward": "east"}
LABELS = ("ill", "well")
DECISION = Decision(threshold=0.5, at_or_above="admit", below="send home", label="ill")


def publish(
    database: Database,
    *,
    endpoint: str = "triage",
    team: str = "hospital",
    version: int = 1,
    schema: Schema = SCHEMA,
    lookups: Sequence[Lookup] = (),
    decision: Decision | None = DECISION,
    compiled: bool = True,
    changeable: tuple[str, ...] = (),
) -> Route:
    """A version of an endpoint, and one route revision more with it as champion."""
    owner = accounts.ensure_team(slug=team)
    Endpoint.objects.get_or_create(
        name=endpoint, defaults={"team": owner, "task": "classification", "description": ""}
    )
    store(
        database,
        endpoint=endpoint,
        version=version,
        schema=schema,
        compiled=compiled,
        changeable=changeable,
    )
    number = RouteRevision.objects.filter(endpoint_id=endpoint).count() + 1
    route = Route(
        endpoint=endpoint,
        team=team,
        task="classification",
        number=number,
        arms=(Arm("champion", version, decision=decision),),
        lookups=tuple(lookups),
    )
    put(route)
    return route


def put(route: Route) -> None:
    """One route revision, as it is given."""
    RouteRevision.objects.create(
        endpoint_id=route.endpoint,
        number=route.number,
        kind=RouteRevision.Kind.PROMOTION,
        document=msgspec.to_builtins(route),
        reason="a test",
    )


def store(
    database: Database,
    *,
    endpoint: str = "triage",
    version: int = 1,
    schema: Schema = SCHEMA,
    labels: tuple[str, str] = LABELS,
    compiled: bool = True,
    first: Callable[[], object] | None = None,
    changeable: tuple[str, ...] = (),
) -> Manifest:
    """Artifacts and a version that no route names yet. Each number answers differently.

    One that is not ``compiled``, or has a ``first`` step of its own, is answered by scikit-learn.
    """
    made = fitted(version, schema, labels, first, changeable)
    manifest = replace(made.manifest, endpoint=endpoint, number=version)
    if not compiled:
        pipeline = next(each for each in manifest.artifacts if each.role == "pipeline")
        manifest = replace(manifest, artifacts=(replace(pipeline, unused=""),))
    connection = database.connect()
    try:
        for data in made.files.values():
            artifacts.write(database, connection, data)
    finally:
        connection.close()
    Version.objects.get_or_create(
        endpoint_id=endpoint,
        number=version,
        defaults={"manifest": msgspec.to_builtins(manifest), "facts": {}},
    )
    return manifest


def key(team: str = "hospital", role: str = "owner") -> str:
    """A new key's text."""
    return accounts.issue_key(team=accounts.ensure_team(slug=team), role=role, label="a test")[1]


@cache
def fitted(
    version: int,
    schema: Schema,
    labels: tuple[str, str] = LABELS,
    first: Callable[[], object] | None = None,
    changeable: tuple[str, ...] = (),
) -> Package:
    """Artifacts and their manifest: the older, the iller; later versions say so more strongly."""
    ages = np.linspace(0, 100, 40)
    rows = [
        {"age": float(age), "ward": ("east", "west")[place % 2], "visits": place % 5}
        for place, age in enumerate(ages)
    ]
    rows = [{name: row[name] for name in schema.names} for row in rows]
    target = np.where(ages > 50, *labels).astype(object)
    dataset = Dataset(
        frame=frame(schema, rows),
        target=target,
        entities=np.arange(len(ages))[:, None],
        times=None,
        known_at=None,
        keys=ages.astype(str),
        schema=schema,
    )
    model = _pipeline(schema, strength=float(version))
    trusted = []
    if first is not None:
        own = first()
        model.steps.insert(0, ("first", own))
        trusted = [f"{type(own).__module__}.{type(own).__name__}"]
    model.fit(dataset.frame, target)
    return packaged(
        model,
        dataset,
        schema,
        endpoint="any",
        task="classification",
        trusted=trusted,
        changeable=changeable,
    )


def _pipeline(schema: Schema, strength: float) -> Pipeline:
    categories = [field.name for field in schema.fields if field.kind is Kind.CATEGORY]
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), categories), remainder=SimpleImputer()
    )
    return make_pipeline(encoder, LogisticRegression(C=strength, max_iter=1000))
