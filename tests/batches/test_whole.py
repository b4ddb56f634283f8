"""Whole columns of a version whose trees go by masks: the answers of requests, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from benchmarks.census import fitted, read

from flyball.inference import runtime
from flyball.inference.compiled_runtime import masks_of
from flyball.inference.finished import whole


def test_boosting_answers_whole_columns_as_it_answers_rows() -> None:
    data = read(None)
    few = replace(data, table=data.table.iloc[:200], target=data.target[:200])
    package = fitted(few, "boosting").package
    artifact = package.files[package.manifest.answering.digest]
    loaded = runtime.load(package.manifest, artifact)
    assert masks_of(package.manifest, artifact) is not None
    answers = whole(loaded, package.manifest, lambda: artifact)
    assert answers is not None
    columns = {name: pa.array(data.table[name].to_numpy(), pa.float64()) for name in data.schema.names}
    numbers, labels = answers(columns, len(data.table))
    outputs = loaded.predict(
        [dict(zip(data.schema.names, row, strict=True)) for row in data.table.to_numpy().tolist()]
    )
    expected = np.array([list(each["probabilities"].values()) for each in outputs])
    assert numbers.tobytes() == expected.tobytes()
    assert labels is not None
    assert [package.manifest.classes[place] for place in labels] == [each["label"] for each in outputs]
