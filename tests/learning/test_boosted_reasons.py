"""Why LightGBM's and XGBoost's trees answer as they do: the parts that the libraries themselves compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flyball.inference.boosted import lightgbm_trees, xgboost_trees
from flyball.learning.catalog import CATALOG
from tests.inference.boosted.libraries import Both
from tests.learning import rows

pytest.importorskip("shap", reason="What is shared with the tests beside it stands on shap.")
from tests.learning.test_reasons import LINKS, SOME, Version, _check_sums, _of_class, _parts


def contributions(name: str, both: Both, asked: np.ndarray) -> np.ndarray:
    """Path-dependent Shapley values by the library, (rows, columns), or (rows, columns, classes)."""
    outputs, width = both.course.outputs, asked.shape[1]
    if name == "lightgbm":
        found: Any = lightgbm_trees.trained(both.course).predict(asked, pred_contrib=True)
    else:
        import xgboost

        found = xgboost_trees.trained(both.course)[0].predict(xgboost.DMatrix(asked), pred_contribs=True)
    parts = np.asarray(found, dtype=np.float64).reshape(len(asked), outputs, width + 1)[:, :, :-1]
    return parts[:, 0] if outputs == 1 else parts.transpose(0, 2, 1)


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
@pytest.mark.parametrize(
    ("task", "labels"),
    [("classification", ("no", "yes")), ("classification", ("low", "middle", "high")), ("regression", ())],
    ids=["two", "three", "values"],
)
def test_parts_are_those_of_the_library(
    tmp_path: Path, name: str, task: str, labels: tuple[str, ...]
) -> None:
    given = {"outcomes": labels} if labels else {}
    data = rows.dataset(tmp_path, task=task, **given)
    estimator = CATALOG[task][name].make(0)
    version = Version(data, task, estimator, filled=False, encoding="ordinal")
    both = Both(CATALOG[task][name].make(0), version.encoded, np.asarray(data.target))
    values = contributions(name, both, version.encoded[:SOME])
    expected = version.summed(_of_class(version, values))
    assert {each.method for each in version.explained} == {"tree_path_dependent"}
    scale = max(1.0, float(np.abs(expected).max()))  # XGBoost computes them in float32
    np.testing.assert_allclose(_parts(version) / scale, expected / scale, atol=2e-6, rtol=0)
    _check_sums(version, LINKS[version.explained[0].unit])
