"""What a metric's name measures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, precision_score, roc_auc_score

from flyball.domain.errors import DeclarationError
from flyball.learning.dataset import Dataset
from flyball.learning.pipeline import prepared
from flyball.learning.scoring import scorer
from tests.learning import rows


def fitted(data: Dataset) -> Any:
    """A linear model of the rows."""
    return prepared(rows.SCHEMA, LogisticRegression(), task="classification").fit(data.frame, data.labels)


@pytest.mark.parametrize("positive", ["no", "yes"])
@pytest.mark.parametrize(
    ("metric", "measure"),
    [
        ("roc_auc", roc_auc_score),
        ("average_precision", average_precision_score),
        ("neg_brier_score", lambda truth, chance: -brier_score_loss(truth, chance)),
        ("precision", lambda truth, chance: precision_score(truth, chance > 0.5)),
    ],
)
def test_binary_metrics_count_the_positive_class(
    labelled: Dataset, positive: str, metric: str, measure: Any
) -> None:
    model = fitted(labelled)
    chance = model.predict_proba(labelled.frame)[:, list(model.classes_).index(positive)]
    score = scorer(metric, labelled, "classification", positive=positive)
    assert score(model, labelled) == pytest.approx(measure(labelled.labels == positive, chance))


@pytest.mark.parametrize("positive", ["False", "false", False])
def test_the_positive_class_may_be_spelled_as_people_write_it(labelled: Dataset, positive: Any) -> None:
    data = replace(labelled, target=labelled.labels == "yes")
    model = fitted(data)
    score = scorer("recall", data, "classification", positive=positive)
    named = scorer("recall", labelled, "classification", positive="no")
    assert score(model, data) == named(fitted(labelled), labelled)


def test_the_last_label_counts_where_no_positive_class_is_named(labelled: Dataset) -> None:
    named = scorer("recall", labelled, "classification", positive="yes")
    unnamed = scorer("recall", labelled, "classification")
    model = fitted(labelled)
    assert named(model, labelled) == unnamed(model, labelled)


def test_the_default_metric_also_judges_three_labels(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, outcomes=("a", "b", "c"))
    model = fitted(data)
    expected = roc_auc_score(data.labels, model.predict_proba(data.frame), multi_class="ovr")
    assert scorer("roc_auc", data, "classification")(model, data) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("task", "metric", "positive", "message"),
    [
        ("classification", "rock_auc", None, "no metric 'rock_auc'"),
        ("classification", "roc_auc", "maybe", "positive class"),
        ("clustering", "roc_auc", None, "use one of silhouette"),
        ("anomaly_detection", "roc_auc", None, "use one of mass_volume"),
    ],
)
def test_what_cannot_be_measured_is_said_in_words(
    tmp_path: Path, task: str, metric: str, positive: str | None, message: str
) -> None:
    with pytest.raises(DeclarationError, match=message):
        scorer(metric, rows.dataset(tmp_path, task=task), task, positive=positive)


class Constant:
    """A model that puts everything into one cluster."""

    def predict(self, frame: Any) -> np.ndarray:
        """Cluster 0 for each row."""
        return np.zeros(len(frame), dtype=int)


def test_a_single_cluster_has_no_score(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, task="clustering")
    assert np.isnan(scorer("silhouette", data, "clustering")(Constant(), data))
