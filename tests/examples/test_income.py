"""The census: from a CSV file to a served champion with one command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shell import Shell, with_candidates

CENSUS = Path(__file__).parent.parent.parent.parent / "shared" / "data" / "adult.csv"
PERSON = {
    "age": 39,
    "workclass": "Private",
    "fnlwgt": 77516,
    "education": "Bachelors",
    "education-num": 13,
    "marital-status": "Married-civ-spouse",
    "occupation": "Exec-managerial",
    "relationship": "Husband",
    "race": "White",
    "sex": "Male",
    "capital-gain": 15024,
    "capital-loss": 0,
    "hours-per-week": 50,
    "native-country": None,
}


@pytest.mark.skipif(not CENSUS.exists(), reason="../shared/data/adult.csv is not here")
@pytest.mark.journey
def test_the_census_is_answered_with_its_hyphens_spaces_and_missing_values(
    example: Callable[[str], Shell], tmp_path: Path
) -> None:
    some = tmp_path / "some.csv"
    some.write_text("".join(CENSUS.open().readlines()[:3000]))
    census = example("income")
    # Two of the seven candidates: tests/learning has the whole catalogue on the whole census.
    with_candidates(census.directory / "income" / "endpoints.py", "linear", "naive_bayes")
    census.run("python", "manage.py", "fetch", str(some))
    with census.up("--build", worker=True) as server:
        answer = server.ask("POST", "/v1/endpoints/income/predictions", {"input": PERSON})
        assert answer["output"]["label"] == ">50K"
    board = census.flyball("versions", "income", "--leaderboard")
    assert [len(row["folds"]) for row in board] == [5] * len(board)


def test_a_file_that_is_not_there_is_said_so(example: Callable[[str], Shell]) -> None:
    said = example("income").run("python", "manage.py", "fetch", "nowhere.csv", exits=1).stderr
    assert "There is no file nowhere.csv." in said
