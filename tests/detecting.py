"""An endpoint that detects anomalies, published."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
from sklearn.ensemble import IsolationForest

from flyball.control.accounts import services as accounts
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.models import Version
from flyball.domain.finishing.finish import Finish
from flyball.domain.routing import Arm, Decision, Route
from flyball.learning.package import Package, packaged
from flyball.learning.pipeline import prepared
from flyball.stores import artifacts
from flyball.stores.database import Database
from tests.learning.anomalies.planted import of_matrix
from tests.published import put

USUAL, STRANGE = {"x0": 0.0, "x1": 0.0}, {"x0": 9.0, "x1": -9.0}
TASK = "anomaly_detection"


def detecting(database: Database, decision: Decision | None = None, team: str = "hospital") -> Package:
    """The endpoint ``payments``, whose only version calls scores above 0.7 anomalies."""
    data = of_matrix(np.random.default_rng(0).normal(size=(300, 2)))
    model = prepared(data.schema, IsolationForest(n_estimators=40, random_state=0), task=TASK)
    finish = Finish(rows=300, threshold=0.7)
    made = packaged(model.fit(data.frame), data, data.schema, endpoint="payments", task=TASK, finish=finish)
    connection = database.connect()
    for each in made.files.values():
        artifacts.write(database, connection, each)
    connection.close()
    owner = accounts.ensure_team(slug=team)
    Endpoint.objects.create(name="payments", team=owner, task=TASK, description="")
    document = msgspec.to_builtins(replace(made.manifest, number=1))
    Version.objects.create(endpoint_id="payments", number=1, manifest=document, facts={})
    arm = Arm("champion", 1, decision=decision)
    put(Route(endpoint="payments", team=team, task=TASK, number=1, arms=(arm,)))
    return made
