"""Anomaly detections as they are built: judged without outcomes, flagged above a threshold, compiled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsRegressor

from flyball.domain.declaration import Candidate, Search
from flyball.domain.errors import DataError
from flyball.domain.finishing.anomalies import is_above
from flyball.inference import runtime
from flyball.inference.frame import scalars
from flyball.learning.anomalies.flagging import flagging
from flyball.learning.anomalies.masses import drawn, masses
from flyball.learning.dataset import Dataset
from flyball.learning.outoffold.wanted import Wanted
from flyball.learning.package import Package, package, packaged
from flyball.learning.pipeline import prepared
from flyball.learning.selection import Fit, Plan, select
from tests.learning import rows
from tests.learning.anomalies.planted import KINDS, of_matrix, planted

TASK = "anomaly_detection"


def built(data: Dataset, contamination: float | None = None, trials: int = 2, seed: int = 0) -> Fit:
    """The candidate's fit beside the baseline's."""
    plan = Plan(
        task=TASK,
        metric="mass_volume",
        candidates=("isolation_forest",),
        cv=3,
        search=Search(trials=trials),
        seed=seed,
        wanted=Wanted(contamination=contamination),
    )
    (fit,) = (each for each in select(data, plan) if each.name == "isolation_forest")
    return fit


def made(fit: Fit, data: Dataset) -> Package:
    """Its version."""
    return package(fit, data, data.schema, endpoint="payments", task=TASK)


def test_a_version_answers_with_the_papers_score_and_its_own_threshold() -> None:
    data, _ = planted("groups", 1)
    fit = built(data, contamination=0.05)
    version = made(fit, data)
    assert [each.runtime for each in version.manifest.artifacts] == ["compiled", "scikit-learn", "reasons"]
    assert version.compiling["reasons"] == "tree_path_dependent"
    served = runtime.load(version.manifest, version.answering)
    outputs = served.predict(scalars(data.schema, data.frame))
    expected = -fit.pipeline.score_samples(data.frame)
    found = np.array([each["score"] for each in outputs])
    assert np.abs(found - expected).max() < 1e-9
    assert version.manifest.finish is not None
    threshold = version.manifest.finish.threshold
    assert threshold is not None
    assert [each["is_anomaly"] for each in outputs] == [is_above(each, threshold) for each in found]
    assert 0.02 < np.mean([each["is_anomaly"] for each in outputs]) < 0.09
    assert "of 120 rows held out" in version.manifest.finish.notes[-1]


def test_a_detector_that_is_asked_nothing_keeps_its_own_threshold() -> None:
    data, _ = planted("groups", 1)
    model = prepared(data.schema, IsolationForest(contamination=0.1, random_state=0), task=TASK)
    version = packaged(model.fit(data.frame), data, data.schema, endpoint="payments", task=TASK)
    served = runtime.load(version.manifest, version.answering)
    flagged = [each["is_anomaly"] for each in served.predict(scalars(data.schema, data.frame))]
    assert flagged == (model.predict(data.frame) == -1).tolist()


def test_a_mixture_detects_only_with_a_share_of_anomalies() -> None:
    data, _ = planted("groups", 1)
    model = prepared(data.schema, GaussianMixture(3, random_state=0), task=TASK).fit(data.frame)
    with pytest.raises(DataError, match=r"contamination = 0\.01"):
        flagging(model, None, data)


def test_what_gives_no_scores_is_told_as_a_candidates_error() -> None:
    data, _ = planted("groups", 1)
    own = Candidate("own", KNeighborsRegressor())
    plan = Plan(task=TASK, metric="mass_volume", candidates=(own,), cv=3)
    (fit,) = (each for each in select(data, plan) if each.name == "own")
    assert fit.error
    assert fit.pipeline is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_chosen_without_outcomes_tells_anomalies_apart_as_well_as_the_defaults(kind: str) -> None:
    gains = []
    for seed in range(2):
        data, truth = planted(kind, seed)
        half = np.arange(len(data)) % 2 == 0
        known, unseen = data.take(np.flatnonzero(half)), data.take(np.flatnonzero(~half))
        fit = built(known, trials=3, seed=seed)
        plain = prepared(data.schema, IsolationForest(random_state=seed), task=TASK).fit(
            known.take(np.arange(len(known))).frame
        )
        found, defaults = (
            roc_auc_score(truth[~half], -each.score_samples(unseen.frame)) for each in (fit.pipeline, plain)
        )
        gains.append(found - defaults)
    assert np.mean(gains) > -0.02


def test_a_score_that_tells_nothing_is_beaten_and_a_constant_one_counts_half() -> None:
    data, _ = planted("groups", 1)
    score = masses("mass_volume", data, 0)
    draw = np.random.default_rng(0)

    class Noise:
        """Scores without a rule, or all the same."""

        def __init__(self, spread: float) -> None:
            self.spread = spread

        def score_samples(self, frame: object) -> np.ndarray:
            """One a row."""
            return draw.normal(size=len(frame)) * self.spread  # type: ignore[arg-type] # it is a frame

    forest = prepared(data.schema, IsolationForest(random_state=0), task=TASK).fit(data.frame)
    assert score(forest, data) > score(Noise(1.0), data) + 0.05
    assert score(Noise(0.0), data) == 0.5


def test_drawn_rows_keep_their_kinds_and_all_but_three_fields(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, task=TASK)
    found = drawn(data, data, np.random.default_rng(0))
    assert found.dtypes.equals(data.frame.dtypes)
    same = (found == data.frame) | (found.isna() & data.frame.isna())
    assert (~same).sum(axis=1).max() <= 3
    assert set(found["colour"].dropna()) <= set(rows.COLOURS)
    assert (found["hours-per-week"] == found["hours-per-week"].round()).all()


def test_every_kind_of_field_and_missing_values_are_learned_from(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, task=TASK)
    version = made(built(data, contamination=0.1), data)
    served = runtime.load(version.manifest, version.answering)
    row = dict.fromkeys(data.schema.names) | {"colour": "never seen", "hours-per-week": 3}
    (output,) = served.predict([row])
    assert 0 < output["score"] < 1


HOSTILE = {
    "all rows the same": np.ones((60, 3)),
    "a constant column": np.column_stack([np.ones(60), np.linspace(0, 1, 60)]),
    "few distinct rows": np.repeat(np.eye(3), 20, axis=0),
    "five rows": np.arange(10.0).reshape(5, 2),
    "a column without numbers": np.column_stack([np.full(60, np.nan), np.linspace(0, 1, 60)]),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("contamination", [None, 1e-6], ids=["auto", "tiny"])
def test_hostile_rows_are_built_and_answered(name: str, contamination: float | None) -> None:
    data = of_matrix(HOSTILE[name])
    plan = Plan(
        task=TASK,
        metric="mass_volume",
        candidates=("isolation_forest",),
        cv=2,
        search=Search(trials=1),
        wanted=Wanted(contamination=contamination),
    )
    (fit,) = (each for each in select(data, plan) if each.name == "isolation_forest")
    version = made(fit, data)
    served = runtime.load(version.manifest, version.answering)
    outputs = served.predict(scalars(data.schema, data.frame))
    assert all(0 < each["score"] < 1 for each in outputs)
    if name == "all rows the same":
        assert fit.fold_scores == (0.5, 0.5)
        assert not any(each["is_anomaly"] for each in outputs)


def test_fewer_rows_than_can_be_set_aside_are_refused() -> None:
    with pytest.raises(DataError, match="too few"):
        built(of_matrix(np.arange(6.0).reshape(3, 2)))
