"""Versions whose numbers are finished go the quick way, with the answers of requests to the last digit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from flyball import inprocess
from flyball.batches.answering import quick
from flyball.batches.answering.answered import columns_of
from flyball.batches.answering.pinned import pinned
from flyball.batches.answering.slow import Slow
from flyball.batches.reading.rows import Piece
from flyball.batches.services import ask_batch
from flyball.domain.errors import ModelFailed
from flyball.domain.finishing.calibration import Calibration
from flyball.domain.values import label_text
from flyball.inference.finished import Bounded, whole
from flyball.stores.database import Database
from tests.bounded import BOUNDS, bounded, calibrated
from tests.published import SCHEMA, fitted

SIGMOID = Calibration(method="sigmoid", curves=(((0.8, -0.3),),))
STEEP = ((0.0, 0.05), (0.4, 0.1), (0.6, 0.8), (1.0, 0.9))
ISOTONIC = Calibration(method="isotonic", curves=(STEEP, STEEP, STEEP))
AGES = [0.0, 1.0, 19.75, 39.0, 49.99999999, 1e9, -3.0]


def answered(database: Database, endpoint: str, folder: Path) -> tuple[Any, list[list[float]], Any]:
    """The version, and what the quick way gives for ``AGES``: numbers and labels."""
    batch = ask_batch(endpoint=endpoint, source=str(folder / "in.parquet"), out=str(folder / "out.parquet"))
    version = pinned(batch)
    piece = Piece(0, len(AGES), "typed", {"age": pa.array(AGES)}, {})
    assert quick.takes(version, piece)
    found = quick.answer(version, piece, Slow(version, reference=""))
    assert found is not None
    return version, found.numbers.tolist(), found.labels


def test_bounds_of_whole_columns_are_those_of_requests(database: Database, tmp_path: Path) -> None:
    bounded(database)
    version, numbers, _ = answered(database, "stay", tmp_path)
    assert columns_of(version.manifest) == ["value", "low", "high"]
    outputs = [inprocess.predict("stay", input={"age": age}).output for age in AGES]
    assert numbers == [[each["value"], *each["interval"]] for each in outputs]


@pytest.mark.parametrize("calibration", [SIGMOID, ISOTONIC], ids=lambda each: each.method)
def test_calibrated_whole_columns_are_answered_as_requests_are(
    database: Database, tmp_path: Path, calibration: Calibration
) -> None:
    calibrated(database, calibration)
    version, numbers, labels = answered(database, "ward", tmp_path)
    outputs = [inprocess.predict("ward", input={"age": age}).output for age in AGES]
    names = [label_text(label) for label in version.classes]
    assert numbers == [[each["probabilities"][name] for name in names] for each in outputs]
    assert [version.classes[place] for place in labels] == [each["label"] for each in outputs]


class Slowly:
    """Goes row by row."""

    direct = False

    def predict(self, rows: Any) -> list[dict[str, Any]]:
        """Nothing comes of it."""
        return [{"value": 0.0} for _ in rows]


def test_what_goes_row_by_row_has_no_quick_way_though_it_is_finished() -> None:
    assert BOUNDS.interval is not None
    assert whole(Bounded(Slowly(), BOUNDS.interval), fitted(1, SCHEMA).manifest, bytes) is None


def test_a_bound_that_is_not_finite_fails() -> None:
    assert BOUNDS.interval is not None
    with pytest.raises(ModelFailed):
        Bounded(Slowly(), BOUNDS.interval).finish(np.array([[1.0], [np.inf]]))
