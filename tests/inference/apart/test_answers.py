"""A process answers with the same bits as the server would itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from sklearn.base import ClusterMixin
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from flyball.domain.errors import ModelFailed
from flyball.domain.finishing.calibration import Calibration
from flyball.domain.finishing.finish import Finish
from flyball.domain.finishing.intervals import Interval
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference import runtime
from flyball.inference.apart.model import Apart
from flyball.inference.apart.processes import Processes
from flyball.inference.frame import frame
from tests.inference.apart.processes import ask, opened
from tests.inference.versions import SCHEMA, version

NUMBERS = np.random.default_rng(0).normal(size=(60, 1))
TABLE = frame(SCHEMA, [{"x": float(number)} for number in NUMBERS[:, 0]])
SIDES = np.where(NUMBERS[:, 0] > 0, "right", "left").astype(object)
ASKED = [{"x": float(number)} for number in np.random.default_rng(1).normal(size=100)]
ASKED += [{"x": 0.0}, {"x": -0.0}, {"x": 1e-320}, {"x": 3}, {"x": True}]
WORDS = Schema((Field(name="word", kind=Kind.CATEGORY),))


def classifier(target: Any) -> Any:
    return RandomForestClassifier(5, random_state=0).fit(TABLE, target)


def values() -> Any:
    return make_pipeline(StandardScaler(), LinearRegression()).fit(TABLE, NUMBERS[:, 0] * 0.1)


def clusters() -> ClusterMixin:
    return KMeans(3, n_init=1, random_state=0).fit(TABLE)


def scores() -> Any:
    return IsolationForest(n_estimators=5, random_state=0).fit(TABLE)


VERSIONS: list[tuple[str, Callable[[], Any], dict[str, Any]]] = [
    ("labels", lambda: classifier(SIDES), {"task": "classification", "classes": ("left", "right")}),
    (
        "truths",
        lambda: classifier(SIDES == "left"),
        {"task": "classification", "classes": (False, True)},
    ),
    (
        "calibrated",
        lambda: LogisticRegression().fit(TABLE, SIDES),
        {
            "task": "classification",
            "classes": ("left", "right"),
            "finish": Finish(calibration=Calibration(method="sigmoid", curves=(((1.7, 0.1),),))),
        },
    ),
    ("values", values, {}),
    (
        "bounded",
        values,
        {"finish": Finish(interval=Interval(level=0.9, edges=(0.0,), below=(-0.3, -0.1), above=(0.1, 0.7)))},
    ),
    ("clusters", clusters, {"task": "clustering"}),
    (
        "flagged",
        scores,
        {"task": "anomaly_detection", "finish": Finish(threshold=0.5)},
    ),
]


@pytest.mark.parametrize(("make", "facts"), [row[1:] for row in VERSIONS], ids=[row[0] for row in VERSIONS])
def test_the_same_bits_come_from_a_process(
    processes: Processes, make: Callable[[], Any], facts: dict[str, Any]
) -> None:
    described = version(make(), **facts)
    apart = opened(processes, described)
    assert apart is not None
    here = runtime.load(*described)
    # As texts, which tell 0.0 from -0.0, and true from 1.
    assert repr(apart.predict(ASKED)) == repr(here.predict(ASKED))
    assert repr(apart.predict(ASKED[:1])) == repr(here.predict(ASKED[:1]))
    assert apart.predict([]) == []


@pytest.fixture(scope="module")
def words() -> Iterator[tuple[Any, Any]]:
    """A version that takes a category, apart and here."""
    rows = [{"word": word} for word in ("a", "ü", 3, True, None, 2**63 - 1)]
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LinearRegression())
    described = version(model.fit(frame(WORDS, rows), np.arange(6.0)), schema=WORDS)
    with closing(Processes(1)) as processes:
        yield opened(processes, described), runtime.load(*described)


@pytest.mark.parametrize("word", ["", "ü", "🂡", "3", 3, True, "true", None, 2**63 - 1, -(2**63)])
def test_a_value_arrives_as_it_was_sent(words: tuple[Any, Any], word: object) -> None:
    apart, here = words
    assert repr(apart.predict([{"word": word}])) == repr(here.predict([{"word": word}]))


@pytest.mark.parametrize("value", [2**70, "\ud800", 1j], ids=["too large", "half a letter", "complex"])
def test_what_no_message_holds_is_told_and_hangs_nobody(apart: Apart, value: object) -> None:
    with pytest.raises(ModelFailed, match="cannot be handed to the model") as caught:
        apart.predict([{"x": value}])  # type: ignore[dict-item] # as it is meant
    assert str(2**70) not in str(caught.value)
    assert ask(apart, 2.0) == [4.0]


def test_a_model_that_fails_says_so_as_in_the_server(apart: Apart) -> None:
    with pytest.raises(ModelFailed, match=r"gave no answer \(|not finite"):
        apart.predict([{"x": float("inf")}])
    assert ask(apart, 2.0) == [4.0]
