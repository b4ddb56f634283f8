"""A small fitted model of every type that the table allows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import BisectingKMeans, KMeans, MiniBatchKMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, SelectPercentile, VarianceThreshold, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from flyball.inference.boosted.estimators import (
    LightGBMClassifier,
    LightGBMRegressor,
    XGBoostClassifier,
    XGBoostRegressor,
)
from flyball.inference.transformers import Calendar, Words

ROWS = 60
DRAW = np.random.default_rng(0)
NUMBERS = pd.DataFrame(np.abs(DRAW.normal(size=(ROWS, 3))), columns=["a", "b", "c"])
TWO = NUMBERS["a"].to_numpy() > 0.6
THREE = np.array(["x", "y", "z"])[np.digitize(NUMBERS["a"], [0.4, 0.9])]
VALUES = NUMBERS["a"].to_numpy() * 2 + NUMBERS["b"].to_numpy()
TEXTS = pd.Series(["the quick brown fox", "over lazy dogs", "hello world"] * 20, dtype=object)
MOMENTS = pd.Series(pd.date_range("2024-01-01", periods=ROWS, tz="UTC").astype("datetime64[us, UTC]"))
KINDS = pd.DataFrame({"k": ["p", "q", "r", "q", None, "p"] * 10, "l": ["u", "v", "v"] * 20}, dtype=object)
GAPS = NUMBERS.mask(DRAW.random((ROWS, 3)) < 0.1)
EVERYTHING = pd.concat([GAPS, KINDS, pd.DataFrame({"text": TEXTS, "at": MOMENTS})], axis=1)


def _prepared() -> ColumnTransformer:
    filled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    rare = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=3, sparse_output=False)
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
    parts = [
        ("numbers", filled, ["a", "b", "c"]),
        ("rare", rare, ["k", "l"]),
        ("codes", codes, ["k"]),
        ("text", Words(4), "text"),
        ("nothing", StandardScaler(), []),
        ("no truth", StandardScaler(), [False] * 7),
        ("moments", make_pipeline(Calendar(), StandardScaler()), ["at"]),
    ]
    return ColumnTransformer(parts, sparse_threshold=0)


def _classifiers() -> Iterator[Any]:
    yield from (LogisticRegression(), SGDClassifier(loss="log_loss"), LinearDiscriminantAnalysis())
    yield from (RandomForestClassifier(2, max_depth=3), ExtraTreesClassifier(2, max_depth=3))
    yield from (DecisionTreeClassifier(max_depth=3), GradientBoostingClassifier(n_estimators=2, max_depth=2))
    yield from (HistGradientBoostingClassifier(max_iter=2), SVC())
    yield from (LightGBMClassifier(n_estimators=2), XGBoostClassifier(n_estimators=2, max_depth=2))
    yield CalibratedClassifierCV(SVC(), ensemble=False, cv=2)
    yield from (KNeighborsClassifier(algorithm="kd_tree"), KNeighborsClassifier(algorithm="ball_tree", p=3))
    yield from (KNeighborsClassifier(algorithm="brute"), GaussianNB(), BernoulliNB(), DummyClassifier())
    yield MLPClassifier((3,), max_iter=3)
    yield VotingClassifier([("a", LogisticRegression()), ("b", GaussianNB())], voting="soft")
    yield StackingClassifier([("a", GaussianNB()), ("b", BernoulliNB())], LogisticRegression(), cv=2)
    yield make_pipeline(PowerTransformer(), QuantileTransformer(n_quantiles=4), MinMaxScaler(), GaussianNB())
    yield make_pipeline(MaxAbsScaler(), RobustScaler(), PolynomialFeatures(2), PCA(2), LogisticRegression())
    yield make_pipeline(SelectKBest(f_classif, k=2), VarianceThreshold(), Normalizer(), LogisticRegression())
    yield make_pipeline(FunctionTransformer(np.log1p), TruncatedSVD(2), SelectPercentile(), GaussianNB())


def _regressors() -> Iterator[Any]:
    yield from (LinearRegression(), Ridge(), Lasso(), ElasticNet(), SGDRegressor(), DummyRegressor(), SVR())
    yield from (RandomForestRegressor(2, max_depth=3), ExtraTreesRegressor(2, max_depth=3))
    yield from (DecisionTreeRegressor(max_depth=3), GradientBoostingRegressor(n_estimators=2, loss="huber"))
    yield from (HistGradientBoostingRegressor(max_iter=2), KNeighborsRegressor(algorithm="kd_tree"))
    yield from (LightGBMRegressor(n_estimators=2), XGBoostRegressor(n_estimators=2, max_depth=2))
    yield from (MLPRegressor(hidden_layer_sizes=(3,), max_iter=3), VotingRegressor([("a", Ridge())]))
    yield StackingRegressor([("a", Ridge()), ("b", DummyRegressor())], LinearRegression(), cv=2)
    yield TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1)


def _clusterers() -> Iterator[Any]:
    yield from (KMeans(2), MiniBatchKMeans(2), BisectingKMeans(3), GaussianMixture(2))
    yield from (IsolationForest(n_estimators=3), IsolationForest(n_estimators=3, max_features=0.5))
    yield GaussianMixture(2, covariance_type="diag")


def _others() -> Iterator[tuple[Any, Any]]:
    yield FixedThresholdClassifier(LogisticRegression(), threshold=0.1).fit(NUMBERS, TWO), NUMBERS
    for model in (LogisticRegression(), RandomForestClassifier(2, max_depth=3)):
        yield make_pipeline(_prepared(), model).fit(EVERYTHING, TWO), EVERYTHING
    for words in (CountVectorizer(), TfidfVectorizer()):
        yield make_pipeline(words, LogisticRegression()).fit(TEXTS, TWO), TEXTS
    dropped = OneHotEncoder(drop="first", max_categories=2, handle_unknown="infrequent_if_exist")
    yield make_pipeline(dropped, LogisticRegression()).fit(KINDS, TWO), KINDS
    sized = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    yield sized.fit(NUMBERS.round(), TWO), NUMBERS.round()
    chosen = ColumnTransformer(
        [("all", "passthrough", make_column_selector(dtype_include="number"))], remainder=StandardScaler()
    )
    yield make_pipeline(chosen, LogisticRegression()).fit(NUMBERS, TWO), NUMBERS


@cache
def models() -> list[tuple[Any, Any]]:
    """Each model with rows to ask it."""
    found = [(model.fit(NUMBERS, TWO), NUMBERS) for model in _classifiers()]
    found += [(model.fit(NUMBERS, THREE), NUMBERS) for model in _classifiers()]
    found += [(model.fit(NUMBERS, VALUES), NUMBERS) for model in _regressors()]
    found += [(model.fit(NUMBERS), NUMBERS) for model in _clusterers()]
    return [*found, *_others()]


def asked(model: Any, rows: Any) -> dict[str, Any]:
    """What a model answers, by every way that there is to ask it."""
    ways = [name for name in ("predict", "predict_proba", "transform") if hasattr(model, name)]
    return {name: getattr(model, name)(rows) for name in ways}
