"""Units and their arms: spread evenly, independent by salt, and moved no more than they must."""

from __future__ import annotations

import math
import re
import subprocess
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.domain.abtests import assignment
from flyball.domain.abtests.assignment import SLOTS, Allocation, Draw, allocation, slot
from flyball.domain.errors import InvalidInput

UNITS = [f"customer {number}" for number in range(100_000)]
SHARES = st.lists(st.integers(0, 1000), min_size=2, max_size=6).filter(any)


def shares_of(weights: list[int]) -> dict[str, float]:
    return {f"arm {place}": weight / sum(weights) for place, weight in enumerate(weights)}


@pytest.mark.parametrize(
    ("salt", "unit"),
    [("income", "4711"), ("", ""), ("Größe", "日本 🐕"), ("a", "b\nc"), ("test 7", "0" * 1000)],
)
def test_another_program_finds_the_same_slot(salt: str, unit: str) -> None:
    data = salt.encode() + b"\0" + unit.encode()
    said = subprocess.run(["sha256sum"], input=data, capture_output=True, check=True).stdout
    assert slot(salt, unit) == math.floor(int(said[:16], 16) / 2**64 * SLOTS)


def test_the_documentation_gives_slots_that_are_right() -> None:
    text = (Path(__file__).parents[2] / "docs" / "abtests.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (?:`(\w+)`|\*\(empty\)\*) \| ([\d,]+) \|$", text, re.M)
    assert len(rows) == 4
    assert all(slot(salt, unit) == int(said.replace(",", "")) for salt, unit, said in rows)


@given(st.sets(st.integers(1, SLOTS - 1), max_size=6), st.text(max_size=3), st.text(max_size=3))
def test_a_draw_finds_the_run_of_the_slot(ends: set[int], salt: str, unit: str) -> None:
    borders = [0, *sorted(ends), SLOTS]
    lengths = [end - start for start, end in pairwise(borders)]
    assert Draw(salt, lengths).run(unit) == sum(slot(salt, unit) >= end for end in ends)


def test_a_draw_tells_neighbouring_slots_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(1, SLOTS):
        first = -(-(at << 64) // SLOTS)  # the least number of that slot
        for number in (first - 1, first):
            digest = number.to_bytes(8, "big") + bytes(24)
            monkeypatch.setattr(assignment, "_digest", lambda *_, digest=digest: digest)
            assert slot("", "") == at - (number < first)
            assert Draw("", [at, SLOTS - at]).run("") == (number == first)


def test_units_are_spread_evenly() -> None:
    found = np.bincount([slot("income", unit) * 100 // SLOTS for unit in UNITS], minlength=100)
    assert ((found - 1000) ** 2 / 1000).sum() < 149  # 99 degrees of freedom: above it in one of 1,000 salts


def test_the_slots_of_two_salts_have_nothing_to_do_with_each_other() -> None:
    pairs = Counter((slot("one", unit) * 4 // SLOTS, slot("two", unit) * 4 // SLOTS) for unit in UNITS)
    expected = len(UNITS) / 16
    assert (
        sum((count - expected) ** 2 / expected for count in pairs.values()) < 37.7
    )  # 15 degrees, 1 in 1,000


def test_a_first_allocation_has_the_shares_that_were_asked_for() -> None:
    made = allocation({"champion": 0.6, "7": 0.2, "8": 0.2})
    assert made.runs == (("champion", 6000), ("7", 2000), ("8", 2000))
    assert [made.owner(at) for at in (0, 5999, 6000, 7999, 8000, 9999)] == ["champion"] * 2 + ["7"] * 2 + [
        "8"
    ] * 2
    assert allocation({"champion": 1 / 3, "7": 1 / 3, "8": 1 / 3}).slots() == {
        "champion": 3334,
        "7": 3333,
        "8": 3333,
    }


@given(SHARES, SHARES, SHARES)
def test_no_slot_moves_that_need_not(first: list[int], second: list[int], third: list[int]) -> None:
    made = allocation(shares_of(first))
    for weights in (second, third):
        before, wanted = made, allocation(shares_of(weights)).slots()
        made = before.changed(shares_of(weights))
        held = before.slots()
        assert made.slots() == wanted
        assert before.moved(made) == sum(
            max(0, count - held.get(owner, 0)) for owner, count in wanted.items()
        )


def test_an_arm_that_ends_gives_its_units_to_the_champion_and_leaves_the_others() -> None:
    before = allocation({"champion": 0.4, "7": 0.3, "8": 0.3})
    after = before.changed({"champion": 0.7, "8": 0.3})
    for unit in UNITS[:5000]:
        was, now = before.owner(slot("t", unit)), after.owner(slot("t", unit))
        assert now == ("champion" if was == "7" else was)


@pytest.mark.parametrize(
    "shares",
    [
        {},
        {"champion": 0.5},
        {"champion": 1.1, "7": -0.1},
        {"champion": math.nan, "7": 1.0},
        {"a": 0.6, "b": 0.6},
    ],
)
def test_shares_that_are_none_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="shares"):
        allocation(shares)


def test_runs_that_do_not_cover_all_slots_are_no_allocation() -> None:
    for runs in ((("a", SLOTS - 1),), (("a", SLOTS), ("b", 0)), ()):
        with pytest.raises(ValueError, match="Runs"):
            Allocation(runs)
