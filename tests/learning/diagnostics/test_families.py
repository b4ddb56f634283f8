"""The numbers of every chart are scikit-learn's, asked of the fitted pipeline itself, in each family."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import probplot
from sklearn import metrics
from sklearn.base import clone
from sklearn.calibration import calibration_curve
from sklearn.cluster import KMeans
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import learning_curve

from flyball.learning.catalog import CATALOG
from flyball.learning.diagnostics.elbow import NUMBERS
from flyball.learning.pipeline import preprocessing
from flyball.learning.scoring import scorer
from tests.learning.diagnostics.diagnosed import Diagnosed, diagnosed

NEAR = 1e-6
"""Compiled versions answer within it."""


def close(found: list[float], expected: object) -> None:
    """Equal but for how far a compiled version may lie from what was fitted."""
    np.testing.assert_allclose(np.array(found, float), np.asarray(expected, float), rtol=0, atol=NEAR)


def probability(of: Diagnosed, place: int) -> np.ndarray:
    """What the pipeline itself gives a class."""
    return np.asarray(of.pipeline.predict_proba(of.held_out.frame))[:, place]


@pytest.mark.parametrize("name", CATALOG["classification"])
def test_curves_of_labels_are_those_of_scikit_learn(name: str) -> None:
    of = diagnosed("classification", name)
    truth, given = of.held_out.labels == "yes", probability(of, 1)
    curve = of.columns("roc")
    fpr, tpr, _ = metrics.roc_curve(truth, given)
    close(curve["false_positive_rate"], fpr)
    close(curve["true_positive_rate"], tpr)
    precision, recall, at = metrics.precision_recall_curve(truth, given, drop_intermediate=True)
    curve = of.columns("precision_recall")
    close(curve["precision"], precision)
    close(curve["recall"], recall)
    close(curve["threshold"][:-1], at)
    happened, predicted = calibration_curve(truth, given, n_bins=10)
    curve = of.columns("calibration")
    close(curve["happened"], happened)
    close(curve["predicted"], predicted)
    assert sum(curve["rows"]) == len(truth)


@pytest.mark.parametrize("name", CATALOG["classification"])
def test_counts_at_any_threshold_and_in_any_report_are_those_of_scikit_learn(name: str) -> None:
    of = diagnosed("classification", name)
    truth, given = of.held_out.labels == "yes", probability(of, 1)
    for threshold, tp, fp, fn, tn in zip(
        *(of.columns("thresholds")[each] for each in ("threshold", "tp", "fp", "fn", "tn")), strict=True
    ):
        if np.abs(given - threshold).min() > NEAR:  # else its side hangs on the last bits
            expected = metrics.confusion_matrix(truth, given >= threshold, labels=[False, True])
            assert [[tn, fp], [fn, tp]] == expected.tolist()
    answered = of.pipeline.predict(of.held_out.frame)
    counts = np.array(of.columns("confusion")["rows"]).reshape(2, 2)
    assert counts.tolist() == metrics.confusion_matrix(of.held_out.labels, answered).tolist()
    report = metrics.classification_report(of.held_out.labels, answered, output_dict=True, zero_division=0)
    for label in ("no", "yes", "macro avg"):
        own = of.columns("report", label=label)
        close([own["precision"][0], own["recall"][0], own["f1"][0]], list(report[label].values())[:3])


@pytest.mark.parametrize("name", CATALOG["classification"])
def test_gain_follows_from_ranks(name: str) -> None:
    of = diagnosed("classification", name)
    truth, given = of.held_out.labels == "yes", probability(of, 1)
    curve = of.columns("gain")
    for share, gain, lift in zip(curve["share"][1:], curve["gain"][1:], curve["lift"][1:], strict=True):
        most = np.argsort(-given, kind="stable")[: round(share * len(given))]
        if share == 1 or given[most[-1]] - np.delete(given, most).max() > NEAR:
            assert gain == pytest.approx(truth[most].sum() / truth.sum())
            assert lift == pytest.approx(gain / share)


@pytest.mark.parametrize("name", CATALOG["regression"])
def test_errors_of_values_are_those_of_scikit_learn(name: str) -> None:
    of = diagnosed("regression", name)
    truth, said = of.held_out.labels, of.pipeline.predict(of.held_out.frame)
    report = dict(of.found.tables["report"].rows)
    assert report["R²"] == pytest.approx(metrics.r2_score(truth, said), abs=NEAR)
    assert report["mean absolute error"] == pytest.approx(metrics.mean_absolute_error(truth, said), abs=NEAR)
    assert report["largest error"] == pytest.approx(metrics.max_error(truth, said), abs=1e-5)
    (normal, ordered), (slope, intercept, _) = probplot(truth - said)
    curve = of.columns("quantiles")
    np.testing.assert_allclose(curve["normal"], normal)
    np.testing.assert_allclose(curve["residual"], ordered, atol=1e-5)
    np.testing.assert_allclose(curve["line"], slope * normal + intercept, atol=1e-5)
    parts = of.columns("parts")
    whole = sum(n * error for n, error in zip(parts["rows"], parts["mean_absolute_error"], strict=True))
    assert whole / len(truth) == pytest.approx(metrics.mean_absolute_error(truth, said), abs=NEAR)


@pytest.mark.parametrize("name", CATALOG["clustering"])
def test_silhouettes_of_clusters_are_those_of_scikit_learn(name: str) -> None:
    of = diagnosed("clustering", name)
    frame = of.held_out.frame
    clusters = of.pipeline.predict(frame)
    points = preprocessing(of.held_out.schema).fit_transform(frame)
    expected = metrics.silhouette_samples(points, clusters)
    sizes = of.columns("sizes")
    assert sizes["rows"] == np.unique(clusters, return_counts=True)[1].tolist()
    close(sizes["silhouette"], [expected[clusters == each].mean() for each in np.unique(clusters)])
    for cluster in np.unique(clusters):
        own = of.columns("silhouette", cluster=int(cluster))["silhouette"]
        close(own, -np.sort(-expected[clusters == cluster]))


@pytest.mark.parametrize("name", CATALOG["clustering"])
def test_other_numbers_of_clusters_are_what_scikit_learn_makes_of_them(name: str) -> None:
    of = diagnosed("clustering", name)
    found, last = of.columns("elbow"), of.pipeline[-1]
    parameter = next(each for each in NUMBERS if each in last.get_params())
    assert found["clusters"] == list(range(2, 13))
    assert [number for number, own in zip(found["clusters"], found["is_chosen"], strict=True) if own] == [3]
    held_out = preprocessing(of.held_out.schema).fit(of.training.frame).transform(of.held_out.frame)
    for place, number in enumerate(found["clusters"]):
        model = clone(of.pipeline).set_params(**{f"{of.pipeline.steps[-1][0]}__{parameter}": number})
        model.fit(of.training.frame)
        close(
            found["silhouette"][place], metrics.silhouette_score(held_out, model.predict(of.held_out.frame))
        )
        points = model[:-1].transform(of.training.frame)
        if isinstance(model[-1], KMeans):
            close(found["within"][place] * len(of.training), model[-1].inertia_)
        assert found["bic"][place] == (
            model[-1].bic(points) if isinstance(model[-1], GaussianMixture) else None
        )


@pytest.mark.parametrize(
    ("task", "name"), [(task, name) for task in ("classification", "regression") for name in CATALOG[task]]
)
def test_inspections_are_those_of_scikit_learn(task: str, name: str) -> None:
    of = diagnosed(task, name)
    held, plan = of.held_out, of.plan
    names = held.schema.names
    # The same rows, shuffled by the same draws.
    assert len(held) <= 500
    scored = scorer(plan.metric, held, task)
    expected = permutation_importance(
        of.pipeline,
        held.frame,
        held.target,
        scoring=lambda model, frame, target: scored(model, replace(held, frame=frame, target=target)),
        n_repeats=5,
        random_state=plan.seed,
    ).importances_mean
    found = dict(zip(of.columns("importance")["field"], of.columns("importance")["importance"], strict=True))
    close([found[each] for each in names], expected)
    curve = of.columns("dependence", field="amount")
    some = np.sort(np.random.default_rng(plan.seed).permutation(len(held))[:200])
    mean = partial_dependence(
        of.pipeline,
        held.take(some).frame,
        ["amount"],
        custom_values={"amount": np.array(curve["at"])},
        method="brute",
        response_method="auto" if task == "regression" else "predict_proba",
    )["average"][0]
    close(curve["answer"], mean)


@pytest.mark.parametrize(("task", "name"), [("classification", "boosting"), ("regression", "linear")])
def test_a_learning_curve_is_that_of_scikit_learn(task: str, name: str) -> None:
    of = diagnosed(task, name)
    training, held = of.training, of.held_out
    curve = of.columns("learning_curve")
    frame, target = held.frame, held.target
    score = {"classification": "roc_auc", "regression": "r2"}[task]
    assert training.target is not None
    assert target is not None
    model = clone(of.pipeline)
    if name == "boosting":  # what a curve learns is what was tried, with all its trees
        model.set_params(model__max_iter=CATALOG[task][name].make(0).max_iter)
    sizes, learned, scores = learning_curve(
        model,
        pd.concat([training.frame, frame], ignore_index=True),
        np.concatenate([training.target, target]),
        train_sizes=curve["rows"][:-1],
        cv=[(np.arange(len(training)), np.arange(len(training), len(training) + len(held)))],
        scoring=score,
        shuffle=True,
        random_state=of.plan.seed,
    )
    assert curve["rows"] == [*sizes.tolist(), len(training)]
    close(curve["training_score"][:-1], learned[:, 0])
    close(curve["held_out_score"][:-1], scores[:, 0])
    assert curve["held_out_score"][-1] == pytest.approx(scorer(score, held, task)(of.pipeline, held))
