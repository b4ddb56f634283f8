"""The final estimator of a fitted pipeline as data, type by type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sklearn import (
    calibration,
    cluster,
    dummy,
    ensemble,
    linear_model,
    mixture,
    naive_bayes,
    neighbors,
    neural_network,
    svm,
    tree,
)

from flyball.inference.boosted import estimators as boosted
from flyball.inference.compiled.estimators.joint import Single
from flyball.learning.compiling import reasons
from flyball.learning.compiling.estimators import (
    centres,
    densities,
    isolation,
    linear,
    machines,
    neighbours,
    networks,
    trees,
)

Compiler = Callable[[Any, int], Single]

COMPILERS: Mapping[str, Mapping[type, Compiler]] = {
    "classification": {
        linear_model.LogisticRegression: linear.logistic,
        linear_model.SGDClassifier: linear.descent,
        ensemble.RandomForestClassifier: trees.forest,
        ensemble.ExtraTreesClassifier: trees.forest,
        tree.DecisionTreeClassifier: trees.forest,
        tree.ExtraTreeClassifier: trees.forest,
        ensemble.GradientBoostingClassifier: trees.boosting,
        ensemble.HistGradientBoostingClassifier: trees.histogram_boosting,
        boosted.LightGBMClassifier: trees.kept,
        boosted.XGBoostClassifier: trees.kept,
        calibration.CalibratedClassifierCV: machines.calibrated,
        neighbors.KNeighborsClassifier: neighbours.neighbours,
        neural_network.MLPClassifier: networks.network,
        naive_bayes.GaussianNB: densities.naive_bayes,
        dummy.DummyClassifier: linear.prior,
    },
    "regression": {
        linear_model.Ridge: linear.regression,
        linear_model.LinearRegression: linear.regression,
        linear_model.Lasso: linear.regression,
        linear_model.ElasticNet: linear.regression,
        linear_model.SGDRegressor: linear.regression,
        ensemble.RandomForestRegressor: trees.forest,
        ensemble.ExtraTreesRegressor: trees.forest,
        tree.DecisionTreeRegressor: trees.forest,
        tree.ExtraTreeRegressor: trees.forest,
        ensemble.GradientBoostingRegressor: trees.boosting,
        ensemble.HistGradientBoostingRegressor: trees.histogram_boosting,
        boosted.LightGBMRegressor: trees.kept,
        boosted.XGBoostRegressor: trees.kept,
        svm.SVR: machines.regression,
        neighbors.KNeighborsRegressor: neighbours.neighbours,
        neural_network.MLPRegressor: networks.network,
        dummy.DummyRegressor: linear.constant,
    },
    "clustering": {
        cluster.KMeans: centres.centres,
        cluster.MiniBatchKMeans: centres.centres,
        cluster.BisectingKMeans: centres.halves,
        mixture.GaussianMixture: densities.mixture,
    },
    "anomaly_detection": {
        ensemble.IsolationForest: isolation.forest,
    },
}
"""By the very type: a subclass may answer otherwise."""


def compiled(estimator: Any, task: str, columns: int) -> Single:
    """A fitted scikit-learn estimator of that many columns as data. Raises ``NotCompiled``."""
    compiler = COMPILERS[task].get(type(estimator))
    if compiler is None:
        raise reasons.of(estimator, f"this type of estimator is not compiled for {task}")
    if getattr(estimator, "n_features_in_", columns) != columns:
        raise reasons.of(estimator, f"it was fitted on another number of columns than {columns}")
    return compiler(estimator, columns)
