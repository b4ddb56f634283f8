"""FastAPI with the fitted pipeline: a model of the row, a data frame, scikit-learn. Stores nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel, Field, create_model

HOME = Path(os.environ["PEER_HOME"])
KINDS: dict[str, str] = json.loads((HOME / "fields.json").read_text())
FIELDS: Any = {
    f"field_{place}": (str if kind == "category" else float, Field(alias=name))
    for place, (name, kind) in enumerate(KINDS.items())
}
Row: Any = create_model("Row", __base__=BaseModel, **FIELDS)

pipeline = joblib.load(HOME / "boosting.joblib")
labels = pipeline.classes_.tolist()
application = FastAPI()


@application.post("/predictions")
def predict(row: Row) -> dict[str, Any]:
    """Answer one row. FastAPI runs it in a thread, which is how it wants work that computes."""
    table = pd.DataFrame([row.model_dump(by_alias=True)])
    probabilities = pipeline.predict_proba(table)[0]
    return {
        "label": labels[probabilities.argmax()],
        "probabilities": dict(zip(labels, probabilities.tolist(), strict=True)),
    }
