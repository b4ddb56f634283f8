"""A forged estimator is refused when it is opened, or answers: it never crashes, hangs or reads a file."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flyball.domain.errors import ArtifactCorrupt, ModelFailed
from flyball.inference.compiled.arrays import Array, packed, unpacked
from flyball.inference.compiled.estimators import Estimator, opened
from flyball.inference.compiled.estimators.centres import Halves
from flyball.inference.compiled.estimators.neighbours import Neighbours
from flyball.inference.compiled.estimators.trees import DEEPEST, MOST_TREES, Trees
from flyball.learning.compiling.estimators import compiled
from tests.learning.compiling.families import FAMILIES, TWO_CLASSES, fitted, table

COLUMNS = 6
CONSTANT = ("prior", "mean")
CLASSIFIERS = [name for name in FAMILIES["classification"] if name != "baseline"]  # it is "prior"
CASES = [
    *(("classification", name, "two") for name in CLASSIFIERS),
    *(("classification", name, "three") for name in CLASSIFIERS if name not in TWO_CLASSES),
    *(("regression", name, "values") for name in ("linear", "extra_trees", "boosting", "svm", "mean")),
    *(("regression", name, "values") for name in ("nearest_neighbours", "network")),
    *(("clustering", name, "none") for name in FAMILIES["clustering"]),
]
NUMBERS = st.sampled_from([0, 1, -1, 2, 3, 7, 255, 10**6, 2**31, 2**63 - 1, -(2**63)]) | st.integers(-9, 3000)
FLOATS = st.sampled_from([np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0, -1.0, 5e-324])
TYPES = ("<f8", "<f4", "<i8", "|u1")


@cache
def sound(case: tuple[str, str, str]) -> Any:
    """The sound estimator as plain data: names, numbers and bytes."""
    task, name, kind = case
    estimator = compiled(fitted(task, name, kind), task, COLUMNS)
    return msgspec.msgpack.decode(msgspec.msgpack.encode(estimator))


def fields(data: dict[str, Any], path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to every field, also those inside arrays and layers."""
    found = []
    for key, value in data.items():
        found.append((*path, key))
        if isinstance(value, dict):
            found += fields(value, (*path, key))
        if isinstance(value, list):
            parts = [(place, part) for place, part in enumerate(value) if isinstance(part, dict)]
            found += [inner for place, part in parts for inner in fields(part, (*path, key, place))]
    return found


def is_sound(value: Any) -> bool:
    """Whether it is an array that was not broken before."""
    try:
        unpacked(msgspec.convert(value, Array))
    except (msgspec.ValidationError, ArtifactCorrupt):
        return False
    return True


def changed(draw: st.DrawFn, value: Any, key: str) -> Any:
    """The field's value, changed in a way that often keeps its type."""
    if is_sound(value):
        return changed_array(draw, value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return draw(NUMBERS)
    if isinstance(value, float):
        return draw(FLOATS)
    if key == "link":
        return draw(st.sampled_from(["value", "exponential", "shares", "logistic", "softmax", "identity"]))
    return draw(
        st.sampled_from(
            [None, "", b"", "/etc/passwd", [], [0], {}, "<f8", "trees", -1, 2**64 - 1, [2**62] * 3]
        )
    )


def changed_array(draw: st.DrawFn, value: dict[str, Any]) -> dict[str, Any]:
    """The array with some numbers changed, cut, turned or read as another type."""
    numbers = np.array(np.frombuffer(value["data"], dtype=value["dtype"]).reshape(value["shape"]))
    way = draw(st.sampled_from(["numbers", "numbers", "cut", "turn", "type", "shape", "double"]))
    if way == "numbers" and numbers.size:
        change_numbers(draw, numbers.reshape(-1))
    elif way == "cut":
        numbers = numbers[: draw(st.integers(0, 3))] if numbers.ndim else numbers
    elif way == "turn":
        numbers = numbers.T
    elif way == "type":
        return {**value, "dtype": draw(st.sampled_from(TYPES))}
    elif way == "shape":
        return {**value, "shape": draw(st.lists(NUMBERS, max_size=5))}
    elif numbers.ndim:
        numbers = np.concatenate([numbers, numbers])
    return {"dtype": value["dtype"], "shape": list(numbers.shape), "data": numbers.tobytes()}


def change_numbers(draw: st.DrawFn, flat: np.ndarray) -> None:
    """Up to four numbers, to others of their type: whole ones often to near ones."""
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, flat.size - 1))
        if flat.dtype.kind == "f":
            flat[place] = draw(FLOATS)
            continue
        near = int(flat[place]) + draw(st.integers(-3, 3))
        flat[place] = near % 256 if flat.dtype.kind == "u" else draw(st.just(near) | NUMBERS)


@st.composite
def forged(draw: st.DrawFn, case: tuple[str, str, str]) -> bytes:
    """The estimator with one to three fields changed, taken away or added."""
    data = msgspec.msgpack.decode(msgspec.msgpack.encode(sound(case)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(fields(data) or [("type",)]))
        place = data
        for key in path[:-1]:
            place = place[key]
        way = draw(st.sampled_from(["change", "change", "change", "change", "other", "lose", "add"]))
        if way == "lose":
            place.pop(path[-1], None)
        elif way == "add":
            place["more"] = 1
        else:
            key = path[-1] if way == "change" else ""
            place[path[-1]] = changed(draw, place.get(path[-1]) if way == "change" else None, key)
    return msgspec.msgpack.encode(data)


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_a_forged_estimator_is_refused_or_answers(case: tuple[str, str, str]) -> None:
    rows = table()[:5]

    @settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(forged(case))
    def holds(data: bytes) -> None:
        try:
            solve = opened(msgspec.msgpack.decode(data, type=Estimator), COLUMNS)
        except (msgspec.ValidationError, ArtifactCorrupt):
            return
        try:
            got = solve(rows)
        except ModelFailed:
            return
        assert len(got) == len(rows)
        assert got.dtype in (np.float64, np.int64)

    holds()


@pytest.mark.parametrize("case", [case for case in CASES if case[1] not in CONSTANT], ids="-".join)
def test_an_estimator_of_other_columns_is_refused(case: tuple[str, str, str]) -> None:
    estimator = msgspec.convert(sound(case), Estimator)
    with pytest.raises(ArtifactCorrupt):
        opened(estimator, 1)


def trees(left: list[int], right: list[int], roots: tuple[int, ...] = (0,), **rest: Any) -> Trees:
    """Trees of those children, which split by the first column at 0."""
    nodes = len(left)
    parts = {
        "roots": packed(np.array(roots)),
        "column": packed(np.zeros(nodes, dtype=np.int64)),
        "threshold": packed(np.zeros(nodes)),
        "left": packed(np.array(left)),
        "right": packed(np.array(right)),
        "missing_left": packed(np.zeros(nodes, dtype=np.uint8)),
        "values": packed(np.arange(float(nodes + len(roots)))[:, np.newaxis]),
        "start": packed(np.zeros(1)),
    }
    return Trees(**{**parts, "divisor": 1, "link": "value", "single": False, "missing": False, **rest})


def test_sound_trees_are_opened() -> None:
    solve = opened(trees([1, -1, -4], [-2, -3, -5], roots=(0, 2)), 1)
    assert solve(np.array([[-1.0], [1.0]])).tolist() == [3.0, 1.0 + 4.0]


@pytest.mark.parametrize(
    ("left", "right", "roots"),
    [
        ([0], [-1], (0,)),  # a split that is its own child
        ([1, 0], [-1, -2], (0,)),  # a circle
        ([1, -1], [1, -2], (0,)),  # a split with two parents
        ([-1, -1], [-2, -3], (0, 1)),  # a leaf with two parents
        ([-1, 2, 1], [-2, -3, -4], (0,)),  # a circle apart
        ([1, -1], [-2, -3], (1,)),  # no tree from the first split on
        ([1, -1], [-2, -3], (0, 0)),  # the same tree twice
        ([2, -2, -1], [-3, -4, -5], (0, 1)),  # a split in another tree
        ([5], [-1], (0,)),  # a child that is not there
        ([-9], [-1], (0,)),  # a leaf that is not there
    ],
)
def test_what_is_no_forest_is_refused(left: list[int], right: list[int], roots: tuple[int, ...]) -> None:
    with pytest.raises(ArtifactCorrupt):
        opened(trees(left, right, roots), 1)


def test_more_trees_than_are_opened_in_seconds_are_refused() -> None:
    number = MOST_TREES + 1
    left, right = [-1 - 2 * place for place in range(number)], [-2 - 2 * place for place in range(number)]
    with pytest.raises(ArtifactCorrupt, match="more trees"):
        opened(trees(left, right, tuple(range(number))), 1)


def test_a_tree_that_is_too_deep_is_refused() -> None:
    for depth, refused in ((DEEPEST, False), (DEEPEST + 1, True), (200_000, True)):
        left = [*range(1, depth), -depth - 1]
        data = trees(left, [-1 - place for place in range(depth)])
        if refused:
            with pytest.raises(ArtifactCorrupt):
                opened(data, 1)
        else:
            assert opened(data, 1)(np.array([[1.0], [-1.0]])).tolist() == [0.0, float(depth)]


def test_halves_that_turn_in_a_circle_are_refused() -> None:
    for children in ([[1, -1], [0, -2]], [[-1, -2], [1, -3]], [[0, -1]], [[-1, -1]]):
        centres = packed(np.zeros((len(children), 2, 1)))
        with pytest.raises(ArtifactCorrupt):
            opened(Halves(centres, packed(np.array(children))), 1)


def test_neighbours_with_more_levels_than_rows_are_refused() -> None:
    rows, outcomes = packed(np.zeros((4, 1))), packed(np.zeros(4))
    assert opened(Neighbours(rows, outcomes, 3, 1, 0), 1)(np.zeros((1, 1))).tolist() == [0.0]
    for levels in (0, -1, 4, 10**9, 2**63):
        with pytest.raises(ArtifactCorrupt):
            opened(Neighbours(rows, outcomes, levels, 1, 0), 1)


def test_an_array_whose_shape_does_not_fit_its_bytes_is_refused() -> None:
    for shape in ((3,), (-1, -2), (2**62, 4), (0,), (1, 1, 1, 2), (0, 2**62, 2**62)):
        with pytest.raises(ArtifactCorrupt):
            unpacked(Array("<f8", shape, b"" if 0 in shape and len(shape) > 1 else bytes(16)))


def test_an_array_is_given_back_read_only() -> None:
    for numbers in (
        np.arange(6.0).reshape(2, 3),
        np.arange(3),
        np.zeros(2, np.float32),
        np.ones(1, np.uint8),
    ):
        again = unpacked(packed(numbers))
        assert again.dtype == numbers.dtype
        assert np.array_equal(again, numbers)
        assert not again.flags.writeable
