"""The same file by hand: pandas reads it, scikit-learn answers, pandas writes; a process of its own."""

from __future__ import annotations

import sys

import joblib
import pandas as pd


def main() -> None:
    """``model.joblib``, the file of rows, and where the answers go."""
    model, source, out = sys.argv[1:]
    pipeline = joblib.load(model)
    rows = pd.read_parquet(source)
    probabilities = pipeline.predict_proba(rows)
    rows["label"] = pipeline.classes_[probabilities.argmax(axis=1)]
    for place, label in enumerate(pipeline.classes_):
        rows[f"probability {label}"] = probabilities[:, place]
    rows.to_parquet(out, index=False)


if __name__ == "__main__":
    main()
