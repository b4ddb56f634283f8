"""A regression that answers with bounds, asked for whole files: what is written and what is recorded."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flyball import inprocess
from flyball.batches.options import Options
from flyball.batches.services import ask_batch
from flyball.control.routing.models import Prediction
from flyball.stores.database import Database
from tests.batches.world import done
from tests.bounded import bounded


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
