"""Model selection: what is searched, what is kept, what happens to a candidate that fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from flyball import Candidate, Search
from flyball.domain.errors import DataError, DeclarationError
from flyball.inference.sklearn_runtime import SklearnRuntime
from flyball.learning.dataset import Dataset
from flyball.learning.pipeline import prepared
from flyball.learning.rungs import SAMPLE
from flyball.learning.scoring import scorer
from flyball.learning.selection import Fit, Plan, Progress, ranked, select
from flyball.learning.splitting import splits
from tests.learning import rows
from tests.learning.transformers import Amounts, Broken, Silent

PLAN = Plan(task="classification", metric="roc_auc", candidates=["linear"], cv=3, search=Search(trials=4))


def by_name(fits: list[Fit]) -> dict[str, Fit]:
    """The fits of a selection by their candidate."""
    return {fit.name: fit for fit in fits}


def answers(fit: Fit, data: Dataset) -> Any:
    """What a fit says about some rows."""
    from flyball.inference.frame import scalars

    return SklearnRuntime(fit.pipeline, rows.SCHEMA, "classification").predict(
        scalars(rows.SCHEMA, data.frame)
    )


def test_the_same_rows_and_seed_give_the_same_scores_and_answers(labelled: Dataset) -> None:
    plan = replace(PLAN, candidates=["linear", "forest", "boosting"], search=Search(trials=3, seconds=600))
    first, again = (by_name(select(labelled, plan)) for _ in range(2))
    for name, fit in first.items():
        same = again[name]
        assert (fit.parameters, fit.fold_scores, fit.held_out_score) == (
            same.parameters,
            same.fold_scores,
            same.held_out_score,
        )
        assert answers(fit, labelled) == answers(same, labelled)


def test_what_can_be_learned_beats_the_baseline(labelled: Dataset) -> None:
    best, baseline = select(labelled, PLAN)
    assert (best.name, baseline.name) == ("linear", "baseline")
    assert best.score > 0.9 > baseline.score == 0.5
    assert best.held_out_score is not None
    assert best.held_out_score > 0.9


def test_a_fit_says_how_it_was_found(labelled: Dataset) -> None:
    fit = by_name(select(labelled, PLAN))["linear"]
    assert fit.trials == 4
    assert not fit.stopped_by_time
    assert fit.seconds > 0
    assert len(fit.fold_scores) == 3
    assert fit.parameters.keys() == {"C", "keep"}


def test_encodings_and_column_sets_are_searched_with_the_algorithm(labelled: Dataset) -> None:
    plan = replace(PLAN, candidates=["boosting"], feature_sets={"few": ["amount", "colour"]})
    fit = by_name(select(labelled, plan))["boosting"]
    assert {"features", "encoding", "keep"} <= fit.parameters.keys()


def test_a_candidate_that_fails_is_recorded_and_the_others_go_on(labelled: Dataset) -> None:
    fits = select(labelled, replace(PLAN, candidates=[Candidate("broken", Broken()), "linear"]))
    assert [fit.name for fit in fits] == ["linear", "baseline", "broken"]
    assert fits[-1].error == "ZeroDivisionError: no luck today"
    assert fits[-1].pipeline is None
    assert fits[-1].fold_scores == ()


def test_a_candidate_whose_error_cannot_be_read_fails_alone(labelled: Dataset) -> None:
    fits = by_name(select(labelled, replace(PLAN, candidates=[Candidate("silent", Silent()), "linear"])))
    assert fits["silent"].error == "Speechless: it cannot say what is wrong (LookupError)"
    assert not fits["linear"].error


def test_a_classifier_without_probabilities_is_told_what_it_lacks(labelled: Dataset) -> None:
    fits = by_name(select(labelled, replace(PLAN, candidates=[Candidate("margin", LinearSVC())])))
    assert "predict_proba" in fits["margin"].error


def test_points_that_fail_are_passed_over(labelled: Dataset) -> None:
    space = {"C": FloatDistribution(-1.0, 1.0)}  # scikit-learn refuses a negative C
    plan = replace(
        PLAN, candidates=[Candidate("mine", LogisticRegression(), space)], search=Search(trials=10)
    )
    fit = by_name(select(labelled, plan))["mine"]
    assert fit.error == ""
    assert fit.parameters["C"] > 0


def test_a_space_in_which_nothing_works_is_told_though_the_defaults_do(labelled: Dataset) -> None:
    space = {"unknown_parameter": FloatDistribution(0.0, 1.0)}
    fits = by_name(
        select(labelled, replace(PLAN, candidates=[Candidate("mine", LogisticRegression(), space)]))
    )
    assert "unknown_parameter" in fits["mine"].error


def test_the_first_point_is_what_the_library_takes_by_default(labelled: Dataset) -> None:
    plan = replace(PLAN, candidates=["forest", "boosting"], search=Search(trials=1))
    fits = by_name(select(labelled, plan))
    assert fits["forest"].parameters["max_features"] == "sqrt"
    assert fits["forest"].parameters["min_samples_leaf"] == 1
    assert fits["boosting"].parameters["l2_regularization"] == 0.0


def test_parameters_that_are_objects_are_recorded_as_text(labelled: Dataset) -> None:
    space = {"classifier": CategoricalDistribution((LogisticRegression(C=3.0),))}
    mine = Pipeline([("amounts", Amounts()), ("classifier", DummyClassifier())])
    plan = replace(PLAN, candidates=[Candidate("mine", mine, space)], search=Search(trials=2))
    assert by_name(select(labelled, plan))["mine"].parameters == {"classifier": "LogisticRegression(C=3.0)"}
    assert not hasattr(space["classifier"].choices[0], "coef_"), "the declaration itself stays unfitted"


def test_a_search_that_runs_out_of_time_says_so(labelled: Dataset) -> None:
    fits = by_name(select(labelled, replace(PLAN, search=Search(trials=50, seconds=0.0))))
    assert fits["linear"].stopped_by_time
    assert fits["linear"].trials == 1
    assert fits["linear"].error == ""
    assert not fits["baseline"].stopped_by_time


def test_a_label_that_comes_late_leaves_early_folds_without_a_score(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, timed=True)
    data.labels[:60] = "no"
    fit = by_name(select(data, PLAN))["linear"]
    assert fit.error == ""
    assert fit.fold_scores[0] is None
    assert None not in fit.fold_scores[1:]


def test_the_best_parameters_are_scored_on_all_rows(tmp_path: Path) -> None:
    data = rows.dataset(tmp_path, size=SAMPLE + 1500)
    fit = by_name(select(data, replace(PLAN, search=Search(trials=1))))["linear"]
    training = data.take(splits.held_out(data, "classification", 0)[0])
    assert len(training) > SAMPLE
    score = scorer("roc_auc", data, "classification")
    assert fit.parameters == {"keep": 100, "C": 1.0}, "where the search began"
    expected = []
    for train, test in splits.folds(3, training, "classification", 0):
        known = training.take(train)
        model = prepared(rows.SCHEMA, LogisticRegression(max_iter=1000), task="classification")
        expected.append(score(model.fit(known.frame, known.labels), training.take(test)))
    assert fit.fold_scores == pytest.approx(expected)


def test_progress_is_reported_after_each_trial(labelled: Dataset) -> None:
    told: list[Progress] = []
    select(labelled, PLAN, told.append)
    linear = [progress for progress in told if progress.candidate == "linear"]
    assert [progress.trial for progress in linear] == [1, 2, 3, 4]
    assert {progress.trials for progress in linear} == {4}
    assert all(progress.score is not None for progress in linear)


def test_a_pipeline_of_the_users_own_takes_the_frame_as_it_is(labelled: Dataset) -> None:
    mine = make_pipeline(Amounts(), LogisticRegression())
    space = {"amounts__power": IntDistribution(1, 3)}
    fits = by_name(select(labelled, replace(PLAN, candidates=[Candidate("mine", mine, space)])))
    assert fits["mine"].parameters["amounts__power"] in {1, 3}, "a square loses the sign"
    assert isinstance(fits["mine"].pipeline.steps[0][1], Amounts)
    assert not hasattr(mine, "n_features_in_"), "the declaration itself stays unfitted"


def test_an_estimator_of_the_users_own_stands_behind_the_preprocessing(labelled: Dataset) -> None:
    plan = replace(PLAN, candidates=[Candidate("mine", LogisticRegression())])
    fit = by_name(select(labelled, plan))["mine"]
    assert isinstance(fit.pipeline, Pipeline)
    assert [name for name, _ in fit.pipeline.steps] == ["prepare", "model"]


def test_a_name_that_is_not_in_the_catalogue_lists_those_that_are(labelled: Dataset) -> None:
    with pytest.raises(DeclarationError, match=r"'lineer'.*linear, forest"):
        select(labelled, replace(PLAN, candidates=["lineer"]))


def test_too_few_rows_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        select(rows.dataset(tmp_path, size=2), PLAN)


RANKED: list[tuple[str, list[Fit], list[str]]] = [
    ("by score", [Fit(name="a", fold_scores=(0.1,)), Fit(name="b", fold_scores=(0.2,))], ["b", "a"]),
    ("failed last", [Fit(name="a", error="x"), Fit(name="b", fold_scores=(-9.0,))], ["b", "a"]),
    (
        "the baseline never wins",
        [Fit(name="baseline", fold_scores=(0.9,)), Fit(name="b", fold_scores=(0.2,))],
        ["b", "baseline"],
    ),
    (
        "unless nothing else is there",
        [Fit(name="baseline", fold_scores=(0.9,)), Fit(name="b", error="x")],
        ["baseline", "b"],
    ),
    (
        "undefined folds do not count",
        [Fit(name="a", fold_scores=(None, 0.5)), Fit(name="b", fold_scores=(0.4, 0.4))],
        ["a", "b"],
    ),
    ("equal scores keep their order", [Fit(name=n, fold_scores=(0.5,)) for n in "ba"], ["b", "a"]),
]


@pytest.mark.parametrize(("fits", "order"), [row[1:] for row in RANKED], ids=[row[0] for row in RANKED])
def test_the_order_of_a_leaderboard(fits: list[Fit], order: list[str]) -> None:
    assert [fit.name for fit in ranked(fits)] == order
