"""Intervals hold what happens as often as is wanted, whatever the world is like."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from flyball import Outcome, Regression, Rows, Search
from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.finishing.applying import around
from flyball.domain.finishing.intervals import Interval
from flyball.domain.routing import Manifest, same_output
from flyball.inference import runtime
from flyball.learning.diagnostics.diagnosing import diagnose
from flyball.learning.outoffold.answers import OutOfFold
from flyball.learning.outoffold.covering import covered, interval
from flyball.learning.outoffold.wanted import Wanted
from flyball.learning.package import Package, package
from flyball.learning.selection import Plan, select
from tests.learning import rows
from tests.learning.rows import dataset

WORLDS = ("normal", "heavy tails", "grows with the answer", "skewed", "two answers")


def drawn(world: str, draw: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers, and what happens."""
    answers = draw.random(size) * 10
    errors = {
        "normal": lambda: draw.normal(size=size),
        "heavy tails": lambda: draw.standard_t(1.5, size),
        "grows with the answer": lambda: draw.normal(size=size) * (0.1 + answers),
        "skewed": lambda: draw.exponential(size=size),
        "two answers": lambda: draw.normal(size=size),
    }[world]()
    answers = np.round(answers / 10) if world == "two answers" else answers
    return answers, answers + errors


def out_of_fold(answers: np.ndarray, happened: np.ndarray, entities: np.ndarray | None = None) -> OutOfFold:
    """These answers out of five folds."""
    own = np.arange(len(answers)) if entities is None else entities
    known = rows.given(rows.Schema(()), [{}] * len(answers), happened)
    return OutOfFold(
        rows=replace(known, entities=own[:, None]),
        answers=answers,
        folds=np.arange(len(answers)) * 5 // len(answers),
        classes=np.array([]),
        is_forward=False,
    )


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("size", "level"), [(60, 0.8), (1500, 0.9)])
def test_intervals_hold_new_rows_as_often_as_is_wanted(world: str, size: int, level: float) -> None:
    draw, shares = np.random.default_rng(4), list[float]()
    for _ in range(400 if size < 100 else 40):
        made = interval(out_of_fold(*drawn(world, draw, size)), level, np.ones(size))
        assert made is not None
        shares.append(covered(made, *drawn(world, draw, 500), np.ones(500))[0])
    assert level - 0.015 < np.mean(shares) < level + 0.05


def test_intervals_hold_rows_of_new_entities_where_entities_recur() -> None:
    draw, shares = np.random.default_rng(4), list[float]()

    def world(entities: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Twenty rows each, which err alike."""
        of = np.repeat(np.arange(entities), 20)
        answers = draw.random(len(of))
        return answers, answers + draw.normal(size=entities)[of] + 0.1 * draw.normal(size=len(of)), of

    for _ in range(100):
        made = interval(out_of_fold(*world(40)), 0.9, np.ones(800))
        assert made is not None
        assert made.edges == ()
        answers, happened, _ = world(100)
        shares.append(covered(made, answers, happened, np.ones(2000))[0])
    assert 0.88 < np.mean(shares) < 0.95


def test_where_errors_grow_with_the_answer_each_part_is_covered() -> None:
    draw = np.random.default_rng(4)
    made = interval(out_of_fold(*drawn("grows with the answer", draw, 3000)), 0.9, np.ones(3000))
    assert made is not None
    answers, happened = drawn("grows with the answer", draw, 20_000)
    low, high = around(made, answers)
    inside = (low <= happened) & (happened <= high)
    assert min(inside[(answers >= at) & (answers < at + 2)].mean() for at in range(0, 10, 2)) > 0.8
    assert (high - low)[answers > 8].mean() > 4 * (high - low)[answers < 2].mean()


@pytest.mark.parametrize(("entities", "is_enough"), [(18, False), (19, True)])
def test_with_too_few_entities_there_is_no_interval(entities: int, is_enough: bool) -> None:
    draw = np.random.default_rng(4)
    answers, happened = drawn("normal", draw, entities * 3)
    found = out_of_fold(answers, happened, np.repeat(np.arange(entities), 3))
    made = interval(found, 0.9, np.ones(len(answers)))
    assert (made is not None) is is_enough


PLAN = Plan(
    task="regression",
    metric="r2",
    candidates=["linear"],
    cv=3,
    search=Search(trials=1),
    wanted=Wanted(interval=0.9),
)


@pytest.fixture
def made(tmp_path: Path) -> Package:
    """A regression with intervals."""
    data = dataset(tmp_path, task="regression", size=400)
    return package(select(data, PLAN)[0], data, rows.SCHEMA, endpoint="credit", task="regression")


def test_an_answer_has_its_interval_compiled_and_by_scikit_learn(made: Package) -> None:
    assert made.manifest.answering.role == "compiled"
    by_role = {each.role: each for each in made.manifest.artifacts}
    slow = replace(made.manifest, artifacts=(replace(by_role["pipeline"], unused=""),))
    known = [row for row, _ in made.manifest.golden]
    quick = runtime.load(made.manifest, made.answering).predict(known)
    beside = runtime.load(slow, made.files[by_role["pipeline"].digest]).predict(known)
    assert all(same_output(*pair) for pair in zip(quick, beside, strict=True))
    assert all(each["interval"][0] < each["value"] < each["interval"][1] for each in quick)


def test_the_version_says_how_many_rows_held_out_lie_inside(made: Package) -> None:
    assert made.manifest.finish is not None
    (note,) = made.manifest.finish.notes
    assert note.startswith("Of 80 rows held out, ")


def test_diagnostics_show_the_coverage_along_the_answers(made: Package, tmp_path: Path) -> None:
    data = dataset(tmp_path, task="regression", size=400)
    found = diagnose(data, PLAN, made.manifest, runtime.load(made.manifest, made.answering))
    coverage = found.tables["coverage"]
    assert coverage.columns == ("answered", "inside", "lower", "upper", "level", "width", "rows")
    assert sum(row[-1] for row in coverage.rows) == 80
    assert all(lower <= inside <= upper for _, inside, lower, upper, *_ in coverage.rows)


def test_a_version_from_before_intervals_answers_with_a_value_alone(made: Package) -> None:
    kept = msgspec.to_builtins(made.manifest)
    del kept["finish"]
    kept["golden"] = [[row, {"value": output["value"]}] for row, output in kept["golden"]]
    old = msgspec.convert(kept, Manifest)
    (answer,) = runtime.load(old, made.answering).predict([old.golden[0][0]])
    assert set(answer) == {"value"}


@pytest.mark.parametrize(
    "wrong",
    [
        Interval(level=0.9, edges=(), below=(1.0,), above=(-1.0,)),
        Interval(level=0.9, edges=(2.0, 1.0), below=(-1.0,) * 3, above=(1.0,) * 3),
        Interval(level=0.9, edges=(), below=(), above=()),
        Interval(level=0.9, edges=(), below=(float("-inf"),), above=(1.0,)),
    ],
)
def test_a_damaged_interval_is_refused(made: Package, wrong: Interval) -> None:
    assert made.manifest.finish is not None
    with pytest.raises(ArtifactCorrupt):
        runtime.load(
            replace(made.manifest, finish=replace(made.manifest.finish, interval=wrong)), made.answering
        )


def test_a_declaration_asks_for_intervals() -> None:
    class Price(Regression):
        rows = Rows("flats.csv")
        outcome = Outcome("price")
        interval = 0.9

    assert Plan.of(Price).wanted == Wanted(interval=0.9)
