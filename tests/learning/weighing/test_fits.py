"""A row of weight k counts as k rows do, in fits and in scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.class_weight import compute_sample_weight

from flyball import Candidate
from flyball.domain.errors import DeclarationError, ModelFailed
from flyball.domain.weighing.declared import Weighing
from flyball.learning.package import packaged
from flyball.learning.pipeline import prepared
from flyball.learning.scoring import scorer
from flyball.learning.searching.bench import Bench
from flyball.learning.selection import select
from flyball.learning.weighing.rows import effective, in_fits, relative
from tests.learning.rows import dataset
from tests.learning.weighing.rows import drawn, fit, plan, repeated, weighed

EXACT = 1e-9
KEPT = [
    ("classification", "linear", {}),
    ("classification", "linear", {"C": 0.05}),
    ("classification", "naive_bayes", {}),
    ("classification", Candidate("tree", DecisionTreeClassifier(max_depth=4)), {}),
    ("classification", "baseline", {}),
    ("regression", "linear", {}),
    ("regression", "linear", {"alpha": 50.0}),
    ("regression", Candidate("tree", DecisionTreeRegressor(max_depth=4)), {}),
    ("regression", "baseline", {}),
]

PLAIN = [
    ("linear", LogisticRegression(max_iter=1000, random_state=0)),
    ("boosting", HistGradientBoostingClassifier(random_state=0)),
]


def answers(model: Any, rows: Any) -> np.ndarray:
    """Probabilities or values."""
    ask = getattr(model, "predict_proba", model.predict)
    return np.asarray(ask(rows.frame))


@pytest.mark.parametrize("balance", [False, True])
@pytest.mark.parametrize(("task", "candidate", "parameters"), KEPT, ids=str)
def test_weights_say_the_same_as_repeated_rows(
    task: str, candidate: Any, parameters: dict[str, Any], balance: bool
) -> None:
    rows = drawn(task)
    times = np.random.default_rng(5).integers(1, 6, len(rows))
    name = candidate if isinstance(candidate, str) else candidate.name
    asked = plan(task, *([] if name == "baseline" else [candidate]), balance=balance and task != "regression")
    one = fit(weighed(rows, times), asked, name, parameters)
    many = fit(repeated(rows, times), asked, name, parameters)
    assert np.abs(answers(one, rows) - answers(many, rows)).max() < EXACT
    score = scorer(asked.metric, weighed(rows, times), task)
    assert abs(score(one, weighed(rows, times)) - score(many, repeated(rows, times))) < EXACT


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "accuracy", "neg_log_loss", "f1"])
def test_scores_count_a_row_of_weight_k_k_times(metric: str) -> None:
    rows, times = drawn("classification"), np.random.default_rng(5).integers(1, 6, 240)
    model = fit(rows, plan("classification", "linear"), "linear")
    asked = weighed(rows, times)
    score = scorer(metric, asked, "classification")
    assert score(model, asked) == pytest.approx(score(model, repeated(rows, times)), abs=EXACT)
    assert score(model, asked) != pytest.approx(score(model, rows), abs=EXACT)


@pytest.mark.parametrize(("name", "estimator"), PLAIN, ids=str)
def test_without_weights_the_artifact_is_the_librarys_own_fit_to_the_byte(name: str, estimator: Any) -> None:
    rows = drawn("classification")
    own = prepared(rows.schema, estimator, task="classification", filled=name != "boosting")
    found = fit(rows, plan("classification", name), name)
    own.fit(rows.frame, rows.target)
    one, other = (
        packaged(each, rows, rows.schema, endpoint="test", task="classification") for each in (found, own)
    )
    assert one.manifest.answering.runtime == "compiled"
    assert one.answering == other.answering
    assert one.manifest.weighing == Weighing()


def test_equal_weights_of_1_are_none() -> None:
    rows = drawn("classification")
    for name in ("linear", "extra_trees", "boosting", "naive_bayes"):
        asked = plan("classification", name)
        one, none = fit(weighed(rows, np.ones(len(rows))), asked, name), fit(rows, asked, name)
        assert np.abs(answers(one, rows) - answers(none, rows)).max() < EXACT


@pytest.mark.parametrize("name", ["forest", "boosting", "svm"])
def test_families_that_draw_or_bin_rows_heed_weights(name: str) -> None:
    """Not as repeated rows do: a forest draws rows, boosting bins them, a machine's folds are of rows."""
    rows, others = drawn("classification", 600), drawn("classification", 600, seed=4)
    heavy = np.where(rows.labels == 1, 20.0, 1.0)
    asked = plan("classification", name)
    plain, more = (answers(fit(each, asked, name), others) for each in (rows, weighed(rows, heavy)))
    assert more[:, 1].mean() > plain[:, 1].mean() + 0.1


def test_weights_choose_the_splits_of_extra_trees() -> None:
    """They grow until a leaf has one label alone: that label's share is 1 there, whatever it weighs."""
    rows, others = drawn("classification", 600), drawn("classification", 600, seed=4)
    asked = plan("classification", "extra_trees")
    heavy = np.where(rows.labels == 1, 20.0, 1.0)
    one, again, more = (
        answers(fit(each, asked, "extra_trees"), others) for each in (rows, rows, weighed(rows, heavy))
    )
    assert np.array_equal(one, again)
    assert np.abs(more - one).mean() > 0.01


def test_what_takes_no_weights_is_on_the_leaderboard_with_that_reason() -> None:
    rows = weighed(drawn("classification"), np.arange(240) + 1)
    asked = plan("classification", "nearest_neighbours", "linear", Candidate("own", KNeighborsClassifier()))
    fits = {each.name: each for each in select(rows, asked)}
    assert fits["linear"].pipeline is not None
    for name in ("nearest_neighbours", "own"):
        assert fits[name].pipeline is None
        assert "KNeighborsClassifier takes no weights of rows" in fits[name].error
    with pytest.raises(ModelFailed):
        fit(
            drawn("classification"),
            plan("classification", "nearest_neighbours", balance=True),
            "nearest_neighbours",
        )


def test_weights_reach_the_estimator_of_a_pipeline_of_the_users_own() -> None:
    rows, times = drawn("regression"), np.random.default_rng(5).integers(1, 6, 240)
    own = make_pipeline(FunctionTransformer(only_z), Ridge(alpha=3.0))
    asked = plan("regression", Candidate("own", own))
    one, many = fit(weighed(rows, times), asked, "own"), fit(repeated(rows, times), asked, "own")
    assert np.abs(answers(one, rows) - answers(many, rows)).max() < EXACT
    assert (answers(one, rows) != answers(fit(rows, asked, "own"), rows)).any()


def only_z(frame: Any) -> Any:
    """One column."""
    return frame[["z"]]


def test_a_metric_that_takes_no_weights_is_refused() -> None:
    rows = weighed(drawn("regression"), np.arange(240) + 1)
    with pytest.raises(DeclarationError, match="'neg_max_error' takes no weights"):
        select(rows, plan("regression", "linear", metric="neg_max_error"))
    assert select(drawn("regression"), plan("regression", "linear", metric="neg_max_error"))[0].pipeline


def test_of_several_labels_one_to_one_is_refused_too() -> None:
    rows = drawn("classification")
    three = replace(rows, target=np.arange(240) % 3, weights=np.arange(240) + 1.0)
    with pytest.raises(DeclarationError, match="'roc_auc_ovo' takes no weights"):
        scorer("roc_auc_ovo", three, "classification")
    model = fit(three, plan("classification", "linear"), "linear")
    assert np.isfinite(scorer("roc_auc", three, "classification")(model, three))


def test_balance_is_scikit_learns_and_of_the_very_rows() -> None:
    rows = drawn("classification", rare=0.1)
    some = rows.take(np.arange(0, 240, 3))
    found = in_fits(some, is_balanced=True)
    assert found is not None
    assert found == pytest.approx(compute_sample_weight("balanced", some.labels))
    sums = [found[some.labels == label].sum() for label in (0, 1)]
    assert sums[0] == pytest.approx(sums[1])


def test_balance_and_weights_are_multiplied() -> None:
    rows, weights = drawn("classification", rare=0.1), np.random.default_rng(0).lognormal(0, 3, 240)
    found = in_fits(weighed(rows, weights), is_balanced=True)
    assert found is not None
    own = rows.labels == 1
    assert found[own].sum() == pytest.approx(found[~own].sum()) == pytest.approx(weights.sum() / 2)
    ratio = found[own] / weights[own]
    assert ratio == pytest.approx(ratio[0])


def test_scores_are_not_balanced() -> None:
    rows = drawn("classification", 400, rare=0.1)
    usual = plan("classification", "linear", metric="neg_log_loss")
    balanced = plan("classification", "linear", metric="neg_log_loss", balance=True)
    plain, even = ({each.name: each for each in select(rows, one)} for one in (usual, balanced))
    assert plain["baseline"].fold_scores == even["baseline"].fold_scores  # it says how frequent labels are
    assert plain["linear"].score > even["linear"].score + 0.05  # probabilities are those of another world


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_one_row_that_outweighs_all_others_breaks_nothing(task: str) -> None:
    rows = drawn(task)
    weights = np.ones(240)
    weights[17] = 1e12
    names = ["linear", "forest", "boosting", "svm", "blend", "stacking"]
    fits = {each.name: each for each in select(weighed(rows, weights), plan(task, *names, cv=3))}
    for name in names[:4]:
        assert not fits[name].error
        assert np.isfinite(fits[name].score)
    assert effective(weights) == pytest.approx(1.0, abs=1e-6)


def test_what_rows_say_does_not_hang_on_the_unit_of_weights() -> None:
    rows = drawn("classification")
    weights = np.random.default_rng(0).lognormal(size=240)
    for unit in (1e-9, 1.0, 1e9):
        assert relative(weighed(rows, weights * unit)) == pytest.approx(weights / weights.mean())
        assert effective(weights * unit) == pytest.approx(effective(weights))
    assert (relative(rows) == 1).all()


@pytest.mark.parametrize("options", [{"timed": True}, {"entities": 30}], ids=["in time", "entities"])
def test_folds_are_those_of_rows_whatever_they_weigh(options: dict[str, Any], tmp_path: Path) -> None:
    rows = dataset(tmp_path, size=200, **options)
    heavy = weighed(rows, np.random.default_rng(0).lognormal(0, 2, 200))
    asked = plan("classification", "linear", positive="yes")
    one, other = Bench.of(heavy, asked), Bench.of(rows, asked)
    for split, again in zip(one.rungs[-1], other.rungs[-1], strict=True):
        assert all((part == same).all() for part, same in zip(split, again, strict=True))
    assert (one.held_out.keys == other.held_out.keys).all()
    (found,) = (each for each in select(heavy, asked) if each.name == "linear")
    assert np.isfinite(found.score)
    assert found.held_out_score is not None
