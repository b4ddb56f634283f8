"""A build by weights: from the rows' column to the leaderboard, the manifest, and what people read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flyball import Rows
from flyball.control.cards import facts
from flyball.control.diagnostics.jobs import diagnose_here
from flyball.control.registry import selectors, services
from flyball.control.registry.comparison import compared
from flyball.domain.errors import DataError
from flyball.domain.weighing.declared import Weighing
from flyball.stores.database import Database
from tests.applied import build as applied_build
from tests.applied import take_snapshot
from tests.registry import small

NAMES = ("linear", "nearest_neighbours")


def weighed(folder: Path, **attributes: Any) -> Any:
    """The small endpoint, whose rows weigh more the older people are; those of 20 do not count."""
    path = small.write_csv(folder / "rows.csv", 120)
    head, *lines = path.read_text().splitlines()
    rows = [f"{line},{int(line.split(',')[0]) - 20}" for line in lines]
    path.write_text("\n".join([f"{head},exposure", *rows]) + "\n")
    rows_of = attributes.pop("rows", Rows(str(path), weight="exposure"))
    return small.declare(path, rows=rows_of, candidates=NAMES, **attributes)


def test_a_build_by_weights_says_so_from_the_leaderboard_to_the_card(
    tmp_path: Path, database: Database
) -> None:
    declaration = weighed(tmp_path, balance=True, calibrate=True)
    snapshot = take_snapshot(declaration)
    build = applied_build(declaration, snapshot)
    results = {each.name: each for each in build.results.all()}
    assert "takes no weights of rows" in results["nearest_neighbours"].error
    assert {name for name in results if not results[name].error} == {"baseline", "linear"}
    version = services.register(build=build)
    manifest = selectors.manifest(version)
    assert manifest.weighing == Weighing(column="exposure", is_balanced=True)
    assert set(manifest.schema.names) == {"age", "job"}
    said = facts.document(version)["weighing"]
    assert "Rows count by their exposure" in said[0]
    assert "as if all labels were equally frequent" in said[1]
    assert len(selectors.dataset(snapshot, "classification", "exposure")) == 120 - 3  # three are 20
    found = compared(result=results["linear"], champion=version)
    assert (found["rows"], found["reason"]) == (24, "")
    diagnosis = diagnose_here(version=version)
    assert diagnosis.found["tables"]["score"]["rows"][0][1] == 24


def test_weights_that_are_declared_later_need_a_new_snapshot(tmp_path: Path, database: Database) -> None:
    declaration = weighed(tmp_path)
    path = str(tmp_path / "rows.csv")
    declaration.rows = Rows(path)
    old = take_snapshot(declaration)
    declaration.rows = Rows(path, weight="exposure")
    with pytest.raises(DataError, match="no weights of the column 'exposure'"):
        applied_build(declaration, old)


def test_a_version_keeps_what_it_was_built_by_when_the_declaration_changes(
    tmp_path: Path, database: Database
) -> None:
    declaration = weighed(tmp_path)
    build = applied_build(declaration, take_snapshot(declaration))
    version = services.register(build=build)
    declaration.rows = Rows(str(tmp_path / "rows.csv"))
    declaration.balance = True
    result = build.results.get(name="linear")
    found = compared(result=result, champion=version)
    assert (found["rows"], found["reason"]) == (24, "")
    assert selectors.manifest(version).weighing == Weighing(column="exposure")
