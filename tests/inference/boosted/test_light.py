"""The libraries are there for a fit alone, and the same fit keeps the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from flyball.domain.declaration import Search
from flyball.domain.errors import Unusable
from flyball.inference import allowlist
from flyball.learning.selection import Plan, select
from tests.inference.boosted.libraries import NAMES, made
from tests.learning import rows
from tests.learning.compiling.families import outcomes, table

ANSWERING = """
import sys
from pathlib import Path
import numpy as np
from flyball.inference import allowlist

model = allowlist.construct(Path(sys.argv[1]).read_bytes())
print(model.predict(np.zeros((1, 6)))[0])
print(*sorted({"lightgbm", "xgboost"} & set(sys.modules)))
"""
FITTING = """
import hashlib
import sys
from flyball.inference.boosted.kept import ARRAYS
from tests.inference.boosted.libraries import NAMES, made
from tests.learning.compiling.families import outcomes, table

rows, known = table(missing=0.1), outcomes("three", table())
for name in NAMES:
    fitted = made(name, known, subsample=0.7, n_estimators=10).fit(rows, known)
    arrays = [getattr(fitted, f"{each}_").tobytes() for each in (*ARRAYS, "covers")]
    print(hashlib.sha256(b"".join(arrays)).hexdigest())
"""


def run(code: str, *arguments: str, threads: int = 1) -> list[str]:
    """What a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": str(threads)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_an_artifact_answers_without_its_library(tmp_path: Path, name: str) -> None:
    known = outcomes("words", table())
    fitted = made(name, known).fit(table(), known)
    (first,) = fitted.predict(np.zeros((1, 6)))  # its trees are at work then, and are not written
    path = tmp_path / "model"
    path.write_bytes(allowlist.dump(fitted))
    again = allowlist.construct(path.read_bytes())
    assert np.array_equal(again.predict_proba(table()), fitted.predict_proba(table()))
    assert run(ANSWERING, str(path)) == [str(first), ""]


def test_the_same_rows_and_seed_give_the_same_bytes_on_any_number_of_processors() -> None:
    first, second = run(FITTING, threads=1), run(FITTING, threads=4)
    assert first == second
    assert len(set(first)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_without_the_library_a_build_ends_and_names_the_extra(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [])  # nothing is found any more
    monkeypatch.delitem(sys.modules, name, raising=False)
    data = rows.dataset(tmp_path)
    plan = Plan(task="classification", metric="roc_auc", candidates=["linear", name], search=Search(trials=1))
    with pytest.raises(Unusable, match=rf'{name} is missing here.*pip install "django-flyball\[boosting\]"'):
        select(data, plan)
