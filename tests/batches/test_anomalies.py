"""An anomaly detection, asked one by one and for whole files, and told what really happened."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

import flyball
from flyball import inprocess
from flyball.batches.options import Options
from flyball.batches.services import ask_batch
from flyball.control.monitoring import recorded
from flyball.control.routing.models import Prediction
from flyball.domain.access import Principal
from flyball.domain.errors import InvalidInput
from flyball.domain.routing import Decision
from flyball.serving.calls import SentOutcome
from flyball.stores.database import Database
from tests.batches.world import done
from tests.detecting import STRANGE, USUAL, detecting

OWNER = Principal(team="hospital", role="owner")
pytestmark = pytest.mark.storage


@pytest.mark.parametrize(("kind", "record"), [("parquet", False), ("parquet", True), ("csv", True)])
def test_flags_are_written_and_recorded_as_a_request_is_answered(
    database: Database, tmp_path: Path, kind: str, record: bool
) -> None:
    detecting(database)
    columns = {name: [row[name] for row in (USUAL, STRANGE)] for name in USUAL}
    source, out = tmp_path / f"in.{kind}", tmp_path / f"out.{kind}"
    table = pa.table(columns)
    pq.write_table(table, source) if kind == "parquet" else pc.write_csv(table, source)
    job = done(
        ask_batch(endpoint="payments", source=str(source), out=str(out), options=Options(record=record))
    )
    assert (job.status, job.result["answered"]) == ("succeeded", 2), job.error
    expected = [flyball.predict("payments", input=row).output for row in (USUAL, STRANGE)]
    assert [each["is_anomaly"] for each in expected] == [False, True]
    found = (pq.read_table(out) if kind == "parquet" else pc.read_csv(out)).to_pylist()
    assert [row["is_anomaly"] for row in found] == [False, True]
    assert [row["score"] for row in found] == pytest.approx([each["score"] for each in expected], abs=1e-9)
    if record:
        stored = Prediction.objects.filter(pk__in=[row["prediction"] for row in found]).order_by("pk")
        assert [each.output for each in stored] == expected


def test_a_score_is_explained_by_the_fields_that_make_it_strange(database: Database) -> None:
    detecting(database)
    answer = flyball.predict("payments", input={"x0": 9.0, "x1": 0.0}, reasons=2)
    assert answer.reasons is not None
    assert (answer.reasons.unit, answer.reasons.parts[0].field) == ("log2-score", "x0")
    assert answer.reasons.parts[0].part > 0
    assert 2**answer.reasons.answer == pytest.approx(answer.output["score"], abs=1e-9)


def test_a_threshold_decides_by_the_score(database: Database) -> None:
    detecting(database, Decision(threshold=0.6, at_or_above="review", below="pass"))
    found = [flyball.predict("payments", input=row).decision for row in (USUAL, STRANGE)]
    assert found == ["pass", "review"]


@pytest.mark.parametrize("value", [True, "true", "false"])
def test_what_really_happened_is_whether_it_was_an_anomaly(database: Database, value: object) -> None:
    detecting(database)
    asked = flyball.predict("payments", input=STRANGE)
    sent = SentOutcome(value=value, prediction=asked.id, is_text=isinstance(value, str), pointer="")
    inprocess.tell(OWNER, sent)
    (told,) = recorded.outcomes(list(Prediction.objects.filter(pk=asked.id))).values()
    assert told.value is (value in (True, "true"))


@pytest.mark.parametrize("value", [0.7, "strange", 3])
def test_nothing_else_can_have_happened(database: Database, value: object) -> None:
    detecting(database)
    asked = flyball.predict("payments", input=STRANGE)
    sent = SentOutcome(value=value, prediction=asked.id, is_text=isinstance(value, str), pointer="")
    with pytest.raises(InvalidInput):
        inprocess.tell(OWNER, sent)
