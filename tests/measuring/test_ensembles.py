"""The table of ensembles says where a blend, or a searched family, is worse."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.ensembles import PARTS, below, row

from flyball.learning.selection import Fit

Board = dict[str, Fit]
SAME = (0.8, 0.82, 0.81)


def boards(**held_out: Sequence[float]) -> list[Board]:
    """Leaderboards of three splits; what is not named is held out at ``SAME``. The forest wins its folds."""
    names = (*PARTS, "blend", "stacking")
    return [
        {
            name: Fit(
                name=name,
                fold_scores=(0.9 if name == "forest" else 0.5,),
                held_out_score=held_out.get(name, SAME)[split],
            )
            for name in names
        }
        for split in range(3)
    ]


def test_the_best_part_is_the_one_that_wins_its_folds() -> None:
    assert row(boards(forest=(0.7, 0.7, 0.7)))[:3] == ["0.7000", "0.8100", "0.8100"]


def test_a_blend_that_is_worse_beyond_its_standard_error_is_told() -> None:
    assert row(boards(blend=(0.7, 0.71, 0.7)))[3].endswith("(worse)")
    assert not row(boards(blend=(0.7, 0.92, 0.805)))[3].endswith("(worse)")


def test_a_family_that_is_worse_than_its_defaults_is_named() -> None:
    assert below(boards(), boards()) == "none"
    assert below(boards(linear=(0.7, 0.71, 0.72)), boards()).startswith("linear -0.1000")
