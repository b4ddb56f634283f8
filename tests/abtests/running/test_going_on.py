"""A test that goes on after a verdict: with the arms that are left, and within its budget."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flyball.control.abtests import selectors, services
from flyball.control.abtests.asking import Arm
from flyball.control.abtests.judging.standing import standing
from flyball.control.abtests.models import ABTest
from flyball.control.abtests.strata import history
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors as routing
from flyball.stores.database import Database
from tests.abtests.running.cast import started, two_versions
from tests.abtests.running.test_steering import DAY, after, begin, in_force, lived
from tests.routing.purchase import copy

pytestmark = pytest.mark.storage


def kept() -> ABTest:
    return selectors.abtest("purchase", 1)


def shares() -> dict[str, float]:
    return history(kept()).strata[-1].shares


def three(tmp_path: Path, **more: Any) -> ABTest:
    """A test of two challengers."""
    two_versions(tmp_path)
    copy(registry.version("purchase", 1))
    test = started(challengers=[Arm(2), Arm(3)], share=0.3, metric="outcome", **more)
    begin(test, timedelta(0))
    return test


def one_went_back(tmp_path: Path, database: Database, **more: Any) -> None:
    """Version 2 did harm, and was sent back after two days; version 3 goes on."""
    test = three(tmp_path, action="promote", **more)
    lived(database, {1: 0.5, 2: 0.2, 3: 0.5})
    assert after(2, test) == "harm"
    begin(test, 2 * DAY)


def test_the_arm_that_is_left_wins_after_another_one_went_back(tmp_path: Path, database: Database) -> None:
    one_went_back(tmp_path, database)
    lived(database, {1: 0.3, 3: 0.7}, day=2)
    assert after(4, kept()) == "winner"
    assert (in_force().champion.version, in_force().test) == (3, None)
    verdict = kept().verdict
    assert verdict is not None
    assert (verdict["state"], verdict["challenger"]) == ("winner", "3")


def test_a_test_whose_one_arm_went_back_ends_with_its_time(tmp_path: Path, database: Database) -> None:
    one_went_back(tmp_path, database, at_most=10 * 86_400.0)
    assert after(4, kept()) in {"undecided", "too_early"}
    assert kept().decided_at is None
    assert after(11, kept()) == "time_over"
    assert in_force().test is None


def test_a_look_killed_before_it_had_kept_that_an_arm_is_back_leaves_no_verdict_behind(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = three(tmp_path, action="promote")
    lived(database, {1: 0.5, 2: 0.2, 3: 0.5})
    reweigh = services.reweigh

    def killed(**words: Any) -> None:
        reweigh(**words)
        raise KeyboardInterrupt

    monkeypatch.setattr(services, "reweigh", killed)
    with pytest.raises(KeyboardInterrupt):
        after(2, test)
    monkeypatch.undo()
    assert after(2.1, kept()) == "undecided"
    assert kept().decided_at is None


def test_an_arm_that_was_taken_out_by_hand_neither_wins_nor_harms(tmp_path: Path, database: Database) -> None:
    test = three(tmp_path, action="promote")
    lived(database, {1: 0.3, 2: 0.8, 3: 0.3})
    services.reweigh(test=test, shares={"3": 0.3})
    begin(test, 1.9 * DAY)
    assert after(2, kept()) == "undecided"
    assert in_force().champion.version == 1
    standings = standing(kept())
    assert [each["name"] for each in standings["arms"]] == ["champion", "2", "3"]
    assert standings["metrics"][0]["readings"][0]["lower"] > 0  # what was seen of it stays


def test_what_was_told_of_an_arm_is_open_again_once_it_is_out(tmp_path: Path, database: Database) -> None:
    test = three(tmp_path)
    lived(database, {1: 0.5, 2: 0.2, 3: 0.5})
    assert after(2, test) == "harm"
    assert kept().decided_at is not None
    services.reweigh(test=kept(), shares={"3": 0.3})
    begin(test, 2 * DAY)
    lived(database, {1: 0.3, 3: 0.7}, day=2)
    assert after(4, kept()) == "winner"
    verdict = kept().verdict
    assert verdict is not None
    assert verdict["challenger"] == "3"


def bandit(tmp_path: Path, **more: Any) -> ABTest:
    two_versions(tmp_path)
    test = started(metric="outcome", share=0.5, every=3600.0, floor=0.1, **more)
    begin(test, timedelta(0))
    return test


def test_a_bandit_that_is_only_to_tell_goes_on_sharing_after_a_verdict(
    tmp_path: Path, database: Database
) -> None:
    test = bandit(tmp_path)
    lived(database, {1: 0.6, 2: 0.1}, people=800)
    assert after(1, test) == "harm"
    assert shares() == {"champion": 0.9, "2": 0.1}
    assert kept().decided_at is not None


def test_shares_that_stay_are_no_revision(tmp_path: Path, database: Database) -> None:
    test = bandit(tmp_path, stops=["harm"])
    lived(database, {1: 0.1, 2: 0.7}, people=800)
    after(1, test)
    begin(test, DAY)
    number = in_force().number
    assert shares()["2"] == 0.9
    for days in (1.5, 2, 3):
        after(days, kept())
    assert in_force().number == number


def test_a_bandit_whose_budget_is_spent_ends(tmp_path: Path, database: Database) -> None:
    test = bandit(tmp_path, budget=0.5, stops=["harm"], margin=None)
    lived(database, {1: 0.7, 2: 0.1}, people=800)
    after(1, test)
    assert in_force().test is None
    assert "its budget of 0.5 is spent" in routing.revision("purchase", in_force().number).reason
    assert kept().trouble == ""
    assert kept().ended_at is not None
