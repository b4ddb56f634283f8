"""A label is found as people spell it."""

from __future__ import annotations

from typing import Any

import pytest

from flyball.domain.values import label_of

MEANT: list[tuple[Any, list[Any], Any]] = [
    ("yes", ["no", "yes"], "yes"),
    ("True", [False, True], True),
    ("true", [False, True], True),
    (True, [False, True], True),
    (True, ["False", "True"], "True"),
    (1, ["0", "1"], "1"),
    ("1", [0, 1], 1),
    (39.0, [38, 39], 39),
    ("39.0", [38, 39], 39),
    (39, ["38.0", "39.0"], "39.0"),
    ("-1", [-1, 1], -1),
    (1, [1, "1"], 1),  # of the same type first
    ("1", [1, "1"], "1"),
    (True, [0, 1], None),  # true is no number
    (1, [False, True], None),
    ("007", [7], None),  # a code
    ("Yes", ["yes"], None),
    (True, ["true", "True"], None),  # which of the two?
    (39.5, [39], None),
    ("", [0], None),
]


@pytest.mark.parametrize(("meant", "labels", "found"), MEANT)
def test_a_label_is_found_as_people_spell_it(meant: Any, labels: list[Any], found: Any) -> None:
    label = label_of(meant, labels)
    assert (label, type(label)) == (found, type(found))
