"""Files' rows are copied into the database at each snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flyball import Classification, FeatureTable, Outcome, Rows
from flyball.control.datasets.lookups import online
from flyball.control.datasets.models import OnlineRow
from tests.applied import take_snapshot

pytestmark = [pytest.mark.storage, pytest.mark.django_db]


class Fruit:
    """The declaration's attributes, without making it one."""

    rows = Rows("fruit.csv", key="id")
    features: ClassVar[Sequence[Any] | None] = [
        FeatureTable("trees", file="trees.csv", on="tree", static=True)
    ]
    outcome = Outcome("kind")


@pytest.fixture
def orchard(project: Path) -> Path:
    """Two fruits from two of many trees."""
    (project / "fruit.csv").write_text("id,tree,kind\n1,1,pear\n2,2,apple\n")
    lines = [f"{i},{i / 4},ö{i % 3}" for i in range(2 * online.CHUNK + 7)]
    (project / "trees.csv").write_text("\n".join(["tree,height,sort", *lines]))
    return project


def stored() -> dict[str, Any]:
    """What the database has, by key."""
    return dict(OnlineRow.objects.filter(endpoint="pick", feature_table="trees").values_list("key", "values"))


def test_every_row_of_the_file_is_there(orchard: Path) -> None:
    class Pick(Fruit, Classification):
        pass

    take_snapshot(Pick)
    assert len(stored()) == 2 * online.CHUNK + 7
    assert stored()["5"] == {"height": 1.25, "sort": "ö2"}


def test_a_load_replaces_what_was_there_and_leaves_other_endpoints_alone(orchard: Path) -> None:
    class Pick(Fruit, Classification):
        pass

    class Other(Fruit, Classification):
        pass

    for declaration in (Pick, Other):
        take_snapshot(declaration)
    (orchard / "trees.csv").write_text("tree,height\n1,7\n2,8\n")
    take_snapshot(Pick)
    assert stored() == {"1": {"height": 7}, "2": {"height": 8}}
    assert OnlineRow.objects.filter(endpoint="other").count() == 2 * online.CHUNK + 7


def test_a_slower_older_load_does_not_overwrite_a_later_one(orchard: Path) -> None:
    class Pick(Fruit, Classification):
        pass

    take_snapshot(Pick)
    OnlineRow.objects.update(load=2**62, values={"height": 1})
    (orchard / "trees.csv").write_text("tree,height\n1,7\n")
    take_snapshot(Pick)
    assert stored()["1"] == {"height": 1}
    assert len(stored()) == 2 * online.CHUNK + 7
