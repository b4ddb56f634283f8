"""The peers' environments, one each, from locked requirements; and the files that their servers read."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import joblib

from benchmarks.census import Data, Model
from flyball.domain.schema import Kind

ROOT = Path(__file__).parent
APPS = ROOT / "peers"
ENVIRONMENTS = ROOT / ".peers"
PEERS = ("fastapi_sklearn", "fastapi_onnx", "litserve_batching", "django_drf")
ONNX = "boosting.onnx"


def python(peer: str) -> Path:
    """The interpreter of a peer's environment, which is made where it is missing or out of date."""
    locked = APPS / f"{peer}.txt"
    folder = ENVIRONMENTS / peer
    interpreter, stamp = folder / "bin" / "python", folder / "made"
    digest = hashlib.sha256(locked.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        print(f"Making the environment of {peer} (once)…", flush=True)
        uv = str(Path(sys.executable).parent / "uv")
        subprocess.run(
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True
        )
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(interpreter)]
        subprocess.run([*install, "--require-hashes", "-r", str(locked)], check=True)
        stamp.write_text(digest)
    return interpreter


def write(folder: Path, data: Data, boosting: Model, forest: Model) -> None:
    """Write what the peers load: both pipelines, the names and kinds of the fields, and the ONNX model."""
    joblib.dump(boosting.pipeline, folder / "boosting.joblib")
    joblib.dump(forest.pipeline, folder / "forest.joblib")
    kinds = {each.name: "category" if each.kind is Kind.CATEGORY else "number" for each in data.schema.fields}
    (folder / "fields.json").write_text(json.dumps(kinds))
    convert = [python("fastapi_onnx"), APPS / "convert_to_onnx.py"]
    subprocess.run(convert, check=True, env={**os.environ, "PEER_HOME": str(folder)})
