"""A regression that answers with bounds, asked for whole files: what is written and what is recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from flyball import inprocess
from flyball.batches.options import Options
from flyball.batches.services import ask_batch
from flyball.control.accounts import services as accounts
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.models import Version
from flyball.control.routing.models import Prediction
from flyball.domain.finishing.finish import Finish
from flyball.domain.finishing.intervals import Interval
from flyball.domain.routing import Arm, Route
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference.frame import frame
from flyball.learning.dataset import Dataset
from flyball.learning.package import packaged
from flyball.stores import artifacts
from flyball.stores.database import Database
from tests.batches.world import done
from tests.published import put

SCHEMA = Schema((Field(name="age", kind=Kind.NUMBER),))
BOUNDS = Finish(rows=40, interval=Interval(level=0.9, edges=(50.0,), below=(-2.0, -5.0), above=(3.0, 7.0)))


def bounded(database: Database) -> None:
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
    team = accounts.ensure_team(slug="hospital")
    Endpoint.objects.create(name="stay", team=team, task="regression", description="")
    document = msgspec.to_builtins(replace(made.manifest, number=1))
    Version.objects.create(endpoint_id="stay", number=1, manifest=document, facts={})
    put(Route(endpoint="stay", team="hospital", task="regression", number=1, arms=(Arm("champion", 1),)))


@pytest.mark.storage
@pytest.mark.parametrize("record", [False, True])
def test_bounds_are_written_and_recorded_as_a_request_is_answered(
    database: Database, tmp_path: Path, record: bool
) -> None:
    bounded(database)
    ages = [1.0, 20.0, 39.0]
    pq.write_table(pa.table({"age": ages}), tmp_path / "in.parquet")
    out = tmp_path / "out.parquet"
    source = str(tmp_path / "in.parquet")
    made = ask_batch(endpoint="stay", source=source, out=str(out), options=Options(record=record))
    job = done(made)
    assert (job.status, job.result["answered"]) == ("succeeded", 3), job.error
    expected = [inprocess.predict("stay", input={"age": age}).output for age in ages]
    found = pq.read_table(out).to_pylist()
    assert [[row["value"], row["low"], row["high"]] for row in found] == [
        pytest.approx([each["value"], *each["interval"]], abs=1e-9) for each in expected
    ]
    if record:
        stored = Prediction.objects.filter(pk__in=[row["prediction"] for row in found]).order_by("pk")
        assert [each.output for each in stored] == expected
