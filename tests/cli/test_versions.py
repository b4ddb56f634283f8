"""``flyball versions`` tells what answers for a version."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Typed

pytestmark = pytest.mark.storage


def test_versions_say_below_the_table_how_each_answers(typed: Typed, champion: str) -> None:
    said = " ".join(typed("versions", champion).stdout.split())
    assert "purchase@1: Compiled: 60 rows answered as by scikit-learn, 60 of them alone too" in said
    (listed,) = typed.json("versions", champion)
    assert (listed["runtime"], listed["compiling"]["flips"]) == ("compiled", 0)
