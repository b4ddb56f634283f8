"""LitServe with a fitted pipeline; requests that come together are answered in one call. Stores nothing."""

import os
from pathlib import Path
from typing import Any

import joblib
import litserve
import pandas as pd


class Predictions(litserve.LitAPI):
    """Rows in, labels and probabilities out."""

    def setup(self, device: str) -> None:
        """Load the pipeline in the process that answers."""
        self.pipeline = joblib.load(Path(os.environ["PEER_HOME"]) / os.environ["PEER_MODEL"])
        self.labels = self.pipeline.classes_.tolist()

    def decode_request(self, request: dict[str, Any]) -> dict[str, Any]:
        """A row is its own features."""
        return request

    def batch(self, inputs: list[dict[str, Any]]) -> pd.DataFrame:
        """All rows that have come as one table."""
        return pd.DataFrame(inputs)

    def predict(self, table: pd.DataFrame) -> list[list[float]]:
        """One call for all of them."""
        probabilities: list[list[float]] = self.pipeline.predict_proba(table).tolist()
        return probabilities

    def unbatch(self, output: list[list[float]]) -> list[list[float]]:
        """They are apart already."""
        return output

    def encode_response(self, output: list[float]) -> dict[str, Any]:
        """One answer."""
        return {
            "label": self.labels[output.index(max(output))],
            "probabilities": dict(zip(self.labels, output, strict=True)),
        }


if __name__ == "__main__":
    api = Predictions(max_batch_size=64, batch_timeout=0.005)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=int(os.environ["PEER_PORT"]),
        log_level="warning",
        generate_client_file=False,
        pretty_logs=False,
        access_log=False,
    )
