"""The estimator as ONNX and its preprocessing as tables, written once before ``fastapi_onnx`` starts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import joblib
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

HOME = Path(os.environ["PEER_HOME"])


def main() -> None:
    """Convert the boosting alone: a whole pipeline as ONNX rounds too early, and flips labels."""
    pipeline = joblib.load(HOME / "boosting.joblib")
    parts = {
        name: (step, columns)
        for name, step, columns in pipeline[0].transformers_
        if len(columns) and name != "remainder"
    }
    numbers, width = list(parts["numbers"][1]), len(parts["numbers"][1])
    tables: dict[str, dict[str, int]] = {}
    if "categories" in parts:
        encoder, columns = parts["categories"]
        for column, categories in zip(columns, encoder.categories_, strict=True):
            tables[column] = {value: width + place for place, value in enumerate(categories)}
            width += len(categories)
    model = pipeline[-1]
    found = to_onnx(
        model,
        initial_types=[("rows", FloatTensorType([None, width]))],
        options={id(model): {"zipmap": False}},
    )
    (HOME / "boosting.onnx").write_bytes(found.SerializeToString())
    encoding = {"numbers": numbers, "tables": tables, "width": width, "labels": model.classes_.tolist()}
    (HOME / "encoding.json").write_text(json.dumps(encoding))


if __name__ == "__main__":
    main()
