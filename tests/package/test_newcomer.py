"""A new user's first hour with the wheel alone: what the README says runs as it stands there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.documents import follow
from tests.package.conftest import ROOT
from tests.shell import Shell


@pytest.mark.journey
def test_the_readme_runs_from_init_to_a_prediction_its_outcome_and_the_way_back(
    newcomer: Mapping[str, str], tmp_path: Path
) -> None:
    said = follow(ROOT / "README.md", Shell(tmp_path, newcomer))
    assert '"decision":"' in said
    assert "1 bound, 0 held, 0 ambiguous, 0 unmatched." in said
    assert "late@2 is" in said
    assert "late@1 is champion" in said


def test_nothing_of_the_checkout_is_used(newcomer: Mapping[str, str], tmp_path: Path) -> None:
    code = "import flyball, sys; print(flyball.__file__.startswith(sys.prefix), *sys.path)"
    trusted, *paths = Shell(tmp_path, newcomer).run("python", "-P", "-c", code).stdout.split()
    assert trusted == "True"
    assert [path for path in paths if path.startswith(str(ROOT))] == []
