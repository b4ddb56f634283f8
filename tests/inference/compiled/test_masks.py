"""Many rows at once reach the leaves that each of them reaches alone: the same answers, to the last bit."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from flyball.domain.errors import ModelFailed
from flyball.domain.schema import Kind
from flyball.inference.compiled import masks
from flyball.inference.compiled.arrays import packed
from flyball.inference.compiled.columns import Column, Encoder, Moments, Numbers, Step, Table, Words
from flyball.inference.compiled.encoder import Encoding
from flyball.inference.compiled.estimators import opened
from flyball.inference.compiled.estimators.nodes import Tree, joined
from flyball.inference.compiled.estimators.trees import Trees
from flyball.inference.compiled.masks import Masks, masked

KINDS = {
    "age": Kind.NUMBER,
    "flag": Kind.BOOLEAN,
    "ward": Kind.CATEGORY,
    "room": Kind.INTEGER,
    "note": Kind.TEXT,
    "at": Kind.TIMESTAMP,
}
NAN = float("nan")
EDGES = (-1.0, -0.0, 0.0, 0.1, 0.5, 1.0, 2.0, 1e9, float("inf"))
"""Thresholds, and numbers that are compared with them: some are equal."""
WIDTH = 10


def encoder(*, refuses: bool = False, filled: bool = False) -> Encoder:
    """Every kind of column, looked-up ones between the others; ``filled``: none is ever NaN."""
    empty = 0.5 if filled else NAN
    ward = np.array([[1, 0, 2], [0, 1, 0.1], [0, 0, 0.1 if filled else NAN], [0, 0, -1]])
    room = np.array([[0.1], [2.0], [0.5]])
    return Encoder(
        WIDTH,
        numbers=(
            Numbers(
                "age",
                (
                    Column(0, missing=empty),
                    Column(4, missing=1.0, present=0.0),
                    Column(7, missing=0.1, steps=(Step("minus", 1.0), Step("over", 3.0))),
                ),
            ),
            Numbers("flag", (Column(2, missing=empty),)),
        ),
        moments=(Moments("at", ((4, Column(9, missing=empty)),)),),
        tables=(
            Table("ward", ("east", "west", None), (1, 5, 3), packed(ward), numbers=False, refuses=refuses),
            Table("room", (1.0, 2.0), (6,), packed(room), numbers=True, refuses=False),
        ),
        words=(Words("note", ("cat", "dog"), packed(np.array([1.0, 0.5])), ((1, Column(8, missing=0.0)),)),),
    )


def columns(draw: random.Random, length: int, *, largest: float = 1e9) -> dict[str, Any]:
    """Rows, of which some have no value; there is no column ``note`` every other time."""
    numbers = (None, largest, -largest, 4.0, *EDGES[:-1])
    made = {
        "age": pa.array([draw.choice(numbers) for _ in range(length)], pa.float64()),
        "flag": pa.array([draw.choice((None, True, False)) for _ in range(length)], pa.bool_()),
        "ward": pa.array([draw.choice((None, "east", "west", "north")) for _ in range(length)], pa.string()),
        "room": pa.array([draw.choice((None, 1, 2, 3)) for _ in range(length)], pa.int64()),
        "at": pa.array([draw.choice((None, "2026-01-31T13:00:00Z")) for _ in range(length)], pa.string()),
        "note": pa.array([draw.choice((None, "a dog", "cats")) for _ in range(length)], pa.string()),
    }
    if draw.random() < 0.5:
        del made["note"]
    return made


def tree(draw: random.Random, leaves: int) -> Tree:
    """A tree of so many leaves, its splits drawn."""
    left, right, ends = [-1], [-1], [0]
    while len(ends) < leaves:
        split = ends.pop(draw.randrange(len(ends)))
        left[split], right[split] = len(left), len(left) + 1
        ends += [len(left), len(left) + 1]
        left, right = [*left, -1, -1], [*right, -1, -1]
    number = len(left)
    values = [draw.gauss(0, 1) * 10 ** draw.randrange(-3, 9) for _ in range(number)]
    return Tree(
        np.array(left),
        np.array(right),
        np.array([draw.randrange(WIDTH) for _ in range(number)]),
        np.array([draw.choice(EDGES) for _ in range(number)]),
        np.array([draw.randrange(2) for _ in range(number)]),
        np.array(values).reshape(-1, 1),
    )


def trees(draw: random.Random, number: int, leaves: int, outputs: int = 1, **rest: Any) -> Trees:
    """Trees of one to so many leaves, one of them of all."""
    sizes = [leaves, *(draw.randint(1, leaves) for _ in range(number - 1))]
    link = "value" if outputs == 1 else "softmax"
    own = {"divisor": 3, "link": link, "single": False, "missing": True, **rest}
    return joined([tree(draw, size) for size in sizes], start=np.arange(1.0, outputs + 1), **own)


def both(
    made: Encoder, estimator: Trees, asked: dict[str, Any], length: int
) -> tuple[np.ndarray, np.ndarray]:
    """What the solver answers, and what masks do."""
    found = masked(made, KINDS, estimator)
    assert isinstance(found, Masks)
    matrix = Encoding(made, KINDS).arrow_matrix(asked, length)
    return opened(estimator, WIDTH)(matrix), found.answer(asked, length)


@pytest.mark.parametrize("length", [0, 1, 300, 3000])
@pytest.mark.parametrize("leaves", [2, 7, 32, 33, 64])
@pytest.mark.parametrize("outputs", [1, 3, 9])
def test_answers_are_those_of_each_row_to_the_last_bit(length: int, leaves: int, outputs: int) -> None:
    draw = random.Random(length * leaves + outputs)  # noqa: S311 - the same trees each time
    estimator = trees(draw, 9 * 3, leaves, outputs)
    expected, found = both(encoder(), estimator, columns(draw, length), length)
    assert found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("rest", "filled"),
    [
        ({"single": True}, False),
        ({"single": True, "missing": False}, True),
        ({"missing": False}, True),
        ({"link": "logistic"}, False),
        ({"link": "isolation", "single": True, "missing": False}, False),
    ],
    ids=str,
)
def test_each_way_to_compare_and_to_answer_is_the_solvers(rest: dict[str, Any], filled: bool) -> None:
    draw = random.Random(5)  # noqa: S311 - as above
    expected, found = both(encoder(filled=filled), trees(draw, 40, 20, **rest), columns(draw, 500), 500)
    assert found.tobytes() == expected.tobytes()


def test_a_great_many_trees_are_added_up_in_order() -> None:
    draw = random.Random(6)  # noqa: S311 - as above
    expected, found = both(encoder(), trees(draw, masks.MOST_TREES, 4), columns(draw, 700), 700)
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("rest", "largest", "refuses", "said"),
    [
        ({"missing": False}, float("inf"), False, "missing or infinite"),
        ({"single": True}, 1e300, False, "no infinite number"),
        ({}, 1e9, True, "has not seen"),
    ],
)
def test_what_the_model_refuses_is_refused(
    rest: dict[str, Any], largest: float, refuses: bool, said: str
) -> None:
    draw = random.Random(7)  # noqa: S311 - as above
    made, estimator, asked = (
        encoder(refuses=refuses, filled=True),
        trees(draw, 5, 9, **rest),
        columns(draw, 99, largest=largest),
    )
    found = masked(made, KINDS, estimator)
    assert found is not None
    with pytest.raises(ModelFailed, match=said):
        opened(estimator, WIDTH)(Encoding(made, KINDS).arrow_matrix(asked, 99))
    with pytest.raises(ModelFailed, match=said):
        found.answer(asked, 99)


def test_what_would_not_be_quicker_or_too_large_is_left_to_the_solver() -> None:
    draw = random.Random(8)  # noqa: S311 - as above
    wide = Encoder(60, (Numbers("age", tuple(Column(place, missing=0.0) for place in range(60))),))
    parts = {"divisor": 1, "single": False, "missing": True}
    some = [tree(draw, 64)._replace(column=np.arange(127) % 60) for _ in range(9)]
    every = joined(some, start=np.zeros(1), link="value", **parts)
    two = tree(draw, 4)._replace(values=np.ones((7, 2)))
    shares = joined([two], start=np.zeros(2), link="shares", **parts)
    assert masked(encoder(), KINDS, trees(draw, 3, masks.MOST_LEAVES + 1)) is None
    assert masked(encoder(), KINDS, trees(draw, masks.MOST_TREES + 1, 2)) is None
    assert masked(wide, KINDS, every) is None
    assert masked(encoder(), KINDS, shares) is None
    assert masked(encoder(), KINDS, trees(draw, 3, 4, missing=False)) is None, "a known value leads to NaN"
    assert masked(encoder(), KINDS, "no trees") is None
