"""Endpoints whose only version answers finished numbers: bounded values, or calibrated probabilities."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from flyball.control.accounts import services as accounts
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.models import Version
from flyball.domain.finishing.calibration import Calibration
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
AGES = np.arange(40.0)
BOUNDS = Finish(rows=40, interval=Interval(level=0.9, edges=(50.0,), below=(-2.0, -5.0), above=(3.0, 7.0)))
CHAMPION = Arm("champion", 1)


def bounded(database: Database, arm: Arm = CHAMPION, **route: Any) -> None:
    """The endpoint ``stay``, whose only version answers a number and its bounds."""
    _published(database, "stay", "regression", make_pipeline(Ridge()), 3 * AGES, BOUNDS, arm, **route)


def calibrated(database: Database, calibration: Calibration) -> None:
    """The endpoint ``ward``, whose only version calibrates the probabilities of two or three classes."""
    classes = 2 if len(calibration.curves) == 1 else len(calibration.curves)
    target = np.array(["east", "north", "west"], dtype=object)[(AGES * classes / len(AGES)).astype(int)]
    model = make_pipeline(LogisticRegression(max_iter=1000))
    finish = Finish(rows=40, calibration=calibration)
    _published(database, "ward", "classification", model, target, finish, CHAMPION)


def _published(
    database: Database,
    endpoint: str,
    task: str,
    model: Any,
    target: Any,
    finish: Finish,
    arm: Arm,
    **route: Any,
) -> None:
    dataset = Dataset(
        frame=frame(SCHEMA, [{"age": age} for age in AGES.tolist()]),
        target=target,
        entities=AGES[:, None],
        times=None,
        known_at=None,
        keys=AGES.astype(str),
        schema=SCHEMA,
    )
    model.fit(dataset.frame, dataset.target)
    made = packaged(model, dataset, SCHEMA, endpoint=endpoint, task=task, finish=finish)
    connection = database.connect()
    for data in made.files.values():
        artifacts.write(database, connection, data)
    connection.close()
    team = accounts.ensure_team(slug="lending")
    Endpoint.objects.create(name=endpoint, team=team, task=task, description="")
    document = msgspec.to_builtins(replace(made.manifest, number=1))
    Version.objects.create(endpoint_id=endpoint, number=1, manifest=document, facts={})
    put(Route(endpoint=endpoint, team="lending", task=task, number=1, arms=(arm,), **route))
