"""An endpoint whose only version answers a number with its bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from flyball.control.accounts import services as accounts
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.models import Version
from flyball.domain.finishing.finish import Finish
from flyball.domain.finishing.intervals import Interval
from flyball.domain.routing import Arm, Route
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference.frame import frame
from flyball.learning.dataset import Dataset
from flyball.learning.package import packaged
from flyball.stores import artifacts
from flyball.stores.database import Database
from tests.published import put

SCHEMA = Schema((Field(name="age", kind=Kind.NUMBER, low=0.0, high=60.0),))
BOUNDS = Finish(rows=40, interval=Interval(level=0.9, edges=(50.0,), below=(-2.0, -5.0), above=(3.0, 7.0)))
CHAMPION = Arm("champion", 1)


def bounded(database: Database, arm: Arm = CHAMPION, **route: Any) -> None:
    """The endpoint ``stay``, whose only version answers a number and its bounds."""
    ages = np.arange(40.0)
    rows = [{"age": age} for age in ages.tolist()]
    dataset = Dataset(
        frame=frame(SCHEMA, rows),
        target=3 * ages,
        entities=ages[:, None],
        times=None,
        known_at=None,
        keys=ages.astype(str),
        schema=SCHEMA,
    )
    model = make_pipeline(Ridge()).fit(dataset.frame, dataset.target)
    made = packaged(model, dataset, SCHEMA, endpoint="stay", task="regression", finish=BOUNDS)
    connection = database.connect()
    for data in made.files.values():
        artifacts.write(database, connection, data)
    connection.close()
    team = accounts.ensure_team(slug="lending")
    Endpoint.objects.create(name="stay", team=team, task="regression", description="")
    document = msgspec.to_builtins(replace(made.manifest, number=1))
    Version.objects.create(endpoint_id="stay", number=1, manifest=document, facts={})
    put(Route(endpoint="stay", team="lending", task="regression", number=1, arms=(arm,), **route))
