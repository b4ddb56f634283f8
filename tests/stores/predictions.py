"""Predictions as tests store them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flyball.domain.records import Prediction
from flyball.stores import records
from flyball.stores.database import Database
from flyball.stores.records import Submission
from tests.ids import uuid7

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def made(minutes: float = 0, **values: Any) -> Prediction:
    """A prediction made so many minutes after noon."""
    moment = NOON + timedelta(minutes=minutes)
    return Prediction(
        **{
            "id": uuid7(int(moment.timestamp() * 1000)),
            "endpoint": "triage",
            "version": 1,
            "arm": "champion",
            "route": 1,
            "input": {"age": 80.0, "ward": "east"},
            "output": {"label": "ill", "probabilities": {"ill": 0.75, "well": 0.25}},
            "created_at": moment,
            **values,
        }
    )


def keep(database: Database, connection: Any, *predictions: Prediction) -> None:
    """Store predictions, each in a commit of its own, in order."""
    for each in predictions:
        write(database, connection, Submission(predictions=(each,)))


def write(database: Database, connection: Any, *batch: Submission) -> Sequence[records.Result]:
    """Store submissions in one commit."""
    with database.transaction(connection):
        return records.write(database, connection, batch)
