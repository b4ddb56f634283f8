"""FastAPI with boosting in ONNX Runtime, preprocessed by hand, as good engineers do. Stores nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from fastapi import FastAPI, Response
from pydantic import BaseModel, Field, create_model

HOME = Path(os.environ["PEER_HOME"])
ENCODING = json.loads((HOME / "encoding.json").read_text())
KINDS: dict[str, str] = json.loads((HOME / "fields.json").read_text())
NAMES = {name: f"field_{place}" for place, name in enumerate(KINDS)}
FIELDS: Any = {
    NAMES[name]: (str if kind == "category" else float, Field(alias=name)) for name, kind in KINDS.items()
}
Row: Any = create_model("Row", __base__=BaseModel, **FIELDS)

numbers = [(place, NAMES[name]) for place, name in enumerate(ENCODING["numbers"])]
tables = [(table, NAMES[name]) for name, table in ENCODING["tables"].items()]
width: int = ENCODING["width"]
labels: list[str] = ENCODING["labels"]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(HOME / "boosting.onnx", options, providers=["CPUExecutionProvider"])
application = FastAPI()


@application.post("/predictions")
async def predict(row: Row) -> Response:
    """Answer one row on the event loop: a thread would cost more than the model."""
    values = row.__dict__
    matrix = np.zeros((1, width), dtype=np.float32)
    for place, name in numbers:
        matrix[0, place] = values[name]
    for table, name in tables:
        found = table.get(values[name])
        if found is not None:
            matrix[0, found] = 1
    probabilities = session.run(["probabilities"], {"rows": matrix})[0][0]
    answer = {
        "label": labels[probabilities.argmax()],
        "probabilities": dict(zip(labels, probabilities.tolist(), strict=True)),
    }
    return Response(json.dumps(answer), media_type="application/json")
