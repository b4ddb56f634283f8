"""A/B tests as endpoints declare them: started once when they are applied, and told of."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from flyball import ABTest
from flyball.control.abtests import selectors, services
from flyball.control.abtests.declared import applying
from flyball.control.abtests.declared.checks import check
from flyball.control.abtests.models import ABTest as Kept
from flyball.control.routing import selectors as routing
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import DeclarationError, InvalidInput
from flyball.stores.database import Database
from tests.abtests.running.cast import two_versions
from tests.registry import small
from tests.routing.purchase import applied

pytestmark = pytest.mark.storage
SPRING = ABTest("spring", challengers=[2], share="20%", metric="accuracy", guardrails=["latency_p99:0.01"])


def declared(folder: Path, test: Any) -> type[Endpoint]:
    """``purchase`` with a test in its declaration."""
    return small.declare(small.write_csv(folder / "rows.csv"), abtest=test)


def apply(folder: Path, test: Any) -> applying.Applied:
    """What applying it comes to."""
    return applying.apply(declarations={"purchase": declared(folder, test)})


def test_a_declared_test_starts_when_it_is_applied_and_is_named_before(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    planned = applying.plan_changes(declarations={"purchase": declared(tmp_path, SPRING)})
    assert [each.what for each in planned.changes] == [
        "A/B test spring starts: version 2 beside the champion"
    ]
    assert not Kept.objects.exists()
    assert apply(tmp_path, SPRING) == planned
    test = selectors.newest("purchase")
    assert (test.number, test.name, test.spec["metrics"][1]["margin"]) == (1, "spring", 0.01)


def test_a_name_that_was_started_is_never_started_again(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    apply(tmp_path, SPRING)
    assert apply(tmp_path, SPRING) == applying.Applied([], [])
    services.stop(test=selectors.newest("purchase"))
    assert apply(tmp_path, SPRING) == applying.Applied([], [])
    assert Kept.objects.count() == 1
    summer = ABTest("summer", challengers=[2])
    assert len(apply(tmp_path, summer).changes) == 1


def test_a_running_test_that_is_declared_otherwise_is_refused_and_nothing_is_applied(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    apply(tmp_path, SPRING)
    other = ABTest("spring", challengers=[2], share="50%")
    with pytest.raises(DeclarationError, match="A/B test spring runs, and is declared otherwise"):
        apply(tmp_path, other)
    services.stop(test=selectors.newest("purchase"))
    assert apply(tmp_path, other) == applying.Applied([], [])


def test_a_test_that_is_declared_no_more_runs_on_and_is_named(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    apply(tmp_path, SPRING)
    (remark,) = apply(tmp_path, None).remarks
    assert "A/B test spring is declared no more and runs on" in remark
    assert selectors.in_force("purchase") is not None
    left, waits = apply(tmp_path, ABTest("summer", challengers=[2])).remarks
    assert left == remark
    assert "A/B test summer is not started yet: A/B test 1 runs already" in waits


def test_a_test_waits_for_a_champion_and_for_its_version(tmp_path: Path, database: Database) -> None:
    (remark,) = apply(tmp_path, SPRING).remarks
    assert remark == "purchase: A/B test spring is not started yet: promote a version first."
    first = applied(tmp_path)
    (remark,) = apply(tmp_path, SPRING).remarks
    assert "promote a version first" in remark
    assert routing.route("purchase") is None
    assert first.number == 1


def test_what_does_not_fit_the_endpoint_is_refused_before_anything_is_applied(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    with pytest.raises(InvalidInput, match="purchase: A/B test spring does not fit") as refused:
        apply(tmp_path, ABTest("spring", challengers=[2], unit="shoe"))
    assert [each.pointer for each in refused.value.problems] == ["/unit"]


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("spring", "is not an A/B test"),
        (ABTest("Spring!", challengers=[2]), "has no name"),
        (ABTest("spring"), "lacks challengers"),  # type: ignore[call-arg]  # what is tested
        (ABTest("spring", challengers=[2], shares=0.2), "has an unknown word 'shares'"),  # type: ignore[call-arg]  # so
        (ABTest("spring", challengers=[]), "has a wrong challengers"),
        (ABTest("spring", challengers=[2], share="much"), "has a wrong share"),
        (ABTest("spring", challengers=[2], at_least="soon"), "has a wrong at_least"),
        (ABTest("spring", challengers=[2], metric="joy"), "names an unknown metric 'joy'"),
    ],
)
def test_faults_of_the_word_are_named_with_what_to_do(
    tmp_path: Path, database: Database, test: Any, message: str
) -> None:
    (fault,) = check(declared(tmp_path, test))
    assert (fault.id, fault.msg) == ("flyball.E035", f"Purchase.abtest {message}.")
    assert fault.hint
    with pytest.raises(DeclarationError, match="E035"):
        apply(tmp_path, test)


@pytest.mark.django_db(transaction=True)
def test_of_releases_that_apply_at_once_one_starts_the_test(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    declaration = declared(tmp_path, SPRING)
    found: list[applying.Applied] = []

    def release() -> None:
        try:
            found.append(applying.apply(declarations={"purchase": declaration}))
        finally:
            connection.close()

    threads = [threading.Thread(target=release) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert sum(len(each.changes) for each in found) == 1
    assert Kept.objects.count() == 1
