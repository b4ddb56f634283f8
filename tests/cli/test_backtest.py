"""``flyball backtest``: asked for, followed to its end by a worker, and printed for people and programs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import flyball
from flyball.control.backtests.models import Backtest
from flyball.control.jobs.models import Job
from flyball.domain.records import Outcome, now
from flyball.domain.values import timestamp_text
from flyball.stores import outcomes
from flyball.stores.database import Database
from tests.cli.conftest import Typed
from tests.routing import purchase

pytestmark = pytest.mark.storage


def test_it_follows_the_job_and_prints_what_it_found(
    tmp_path: Path, database: Database, typed: Typed, working: None
) -> None:
    first = purchase.applied(tmp_path)
    purchase.promote(first)
    purchase.copy(first)
    start = timestamp_text(now() - timedelta(hours=1))
    connection = database.connect()
    for age in range(20, 60):
        made = flyball.predict("purchase", input={"age": age, "job": "cook"})
        told = Outcome(endpoint="purchase", value="yes" if age % 3 else "no", prediction=made.id)
        outcomes.record(database, connection, [told], now())
    connection.close()
    text = typed("backtest", "purchase@2", "--from", start).stdout
    found = typed.json("backtest", "purchase@2", "--from", start)
    assert "40 predictions: 40 asked, 0 would differ; 40 labelled" in text
    assert "on the same 40 predictions of 40 units; the difference is +0.0000" in text
    assert "No estimate of its decisions' outcomes: Nothing is decided here" in text
    assert "answered right" in text
    assert found["status"] == "succeeded"
    assert found["result"]["scores"]["answered"] == found["result"]["scores"]["version"]


def test_what_it_refuses_is_said_in_a_sentence(tmp_path: Path, typed: Typed) -> None:
    purchase.promote(purchase.applied(tmp_path))
    flyball.predict("purchase", input={"age": 30, "job": "cook"})
    assert "as ISO 8601" in typed("backtest", "purchase@1", "--from", "last month", exits=2).stderr
    ahead = typed("backtest", "purchase@1", "--from", "2020-01-01", "--to", "9998-01-01", exits=1)
    assert "has not ended yet" in ahead.stderr
    typed("backtest", "purchase@9", "--from", "2020-01-01", exits=1)
    number = typed("backtest", "purchase@1", "--from", "2020-01-01", "--detach").stdout.strip()
    asked = Backtest.objects.get(pk=number)
    assert Job.objects.get(backtests=asked).status == "queued"
    assert asked.start.isoformat() == "2020-01-01T00:00:00+00:00"
    typed("backtest", "purchase@1", "--from", "2020-01-01T02:00+02:00", "--to", "2020-06-01", "--detach")
    assert Backtest.objects.latest("pk").start == asked.start
