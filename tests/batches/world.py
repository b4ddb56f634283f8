"""A small endpoint whose batches are carried out here, and what they give."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from flyball.batches.models import Batch
from flyball.batches.options import Options
from flyball.batches.services import ask_batch
from flyball.control.jobs.models import Job
from flyball.stores.database import Database
from tests.jobs.workers import carried_out
from tests.published import publish


def ask(database: Database, source: Path, out: Path | str, **options: Any) -> Batch:
    """A batch of the endpoint ``triage``, which is published first."""
    publish(database)
    return ask_batch(endpoint="triage", source=str(source), out=str(out), options=Options(**options))


def done(batch: Batch) -> Job:
    """Its job, carried out in this process."""
    assert batch.job is not None
    return carried_out(batch.job)


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
