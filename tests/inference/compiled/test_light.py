"""Compiled estimators need little: no scikit-learn, and ONNX Runtime only for trees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from flyball.learning.compiling.estimators import compiled
from tests.learning.compiling.families import fitted

OPENING = """
import sys
from pathlib import Path

import msgspec
import numpy as np

from flyball.inference.compiled.estimators import Estimator, opened

solve = opened(msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Estimator), 6)
solve(np.zeros((1, 6)))
heavy = {"sklearn", "scipy", "pandas", "django", "skops", "onnx", "onnxruntime"}
print(*sorted(heavy & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("task", "name", "kind", "loaded"),
    [
        ("classification", "linear", "three", ""),
        ("classification", "svm", "three", ""),
        ("classification", "nearest_neighbours", "three", ""),
        ("classification", "boosting", "three", "onnxruntime"),
        ("clustering", "gaussian_mixture", "none", ""),
    ],
)
def test_opening_loads_no_library_that_learns(
    tmp_path: Path, task: str, name: str, kind: str, loaded: str
) -> None:
    path = tmp_path / "estimator"
    path.write_bytes(msgspec.msgpack.encode(compiled(fitted(task, name, kind), task, 6)))
    run = subprocess.run(
        [sys.executable, "-c", OPENING, str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == loaded
