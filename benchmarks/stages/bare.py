"""A process that imports numpy, msgspec and ONNX Runtime, loads the model and answers a row: no more."""

import sys
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime


def main() -> None:
    """Answer one row of zeros with the model of the folder, say so, and wait until the input ends."""
    folder = Path(sys.argv[1])
    width = msgspec.json.decode((folder / "encoding.json").read_bytes())["width"]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        folder / "boosting.onnx", options, providers=["CPUExecutionProvider"]
    )
    found = session.run(["probabilities"], {"rows": np.zeros((1, width), dtype=np.float32)})
    print(msgspec.json.encode(found[0].tolist()).decode(), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
