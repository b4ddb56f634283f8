"""The example that make run brings up."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.shell import Shell, with_candidates


@pytest.mark.journey
def test_it_comes_up_by_itself_prints_a_line_that_works_and_builds_once(
    example: Callable[[str], Shell],
) -> None:
    clinic = example("diagnosis")
    with_candidates(clinic.directory / "clinic" / "endpoints.py", "linear")  # the next test builds all
    clinic.run("python", "manage.py", "migrate", "--verbosity", "0")
    clinic.run("python", "manage.py", "seed")
    with clinic.up("--build", worker=True) as server:
        assert server.curl is not None
        answer = json.loads(clinic.run("bash", "-c", f"{server.curl} --silent --fail").stdout)
        assert answer["output"]["label"] == "malignant"
        assert answer["decision"] == "biopsy"
        path = "/v1/endpoints/diagnosis/entities/20/prediction"
        assert server.ask("GET", path)["output"]["label"] == "benign"
    assert [row["version"] for row in clinic.flyball("versions", "diagnosis")] == ["diagnosis@1"]
    with clinic.up("--build", worker=True) as server:
        assert server.ask("GET", f"/v1/predictions/{answer['id']}")["output"] == answer["output"]
    assert [row["version"] for row in clinic.flyball("versions", "diagnosis")] == ["diagnosis@1"]


def test_the_users_ci_can_check_it_with_its_patients(example: Callable[[str], Shell]) -> None:
    clinic = example("diagnosis")
    (checked,) = clinic.flyball("check", "--load", "seed", "--min", "roc_auc=0.95")
    assert (checked["endpoint"], checked["result"]) == ("diagnosis", "built")
    (unfilled,) = clinic.flyball("check")
    assert "empty here" in unfilled["result"]
