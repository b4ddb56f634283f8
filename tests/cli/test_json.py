"""``--json`` at any place, and wrong usage as a document."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from flyball.cli.main import main
from tests.cli.conftest import Typed
from tests.cli.test_commands import EVERY

PLACES = [
    "--json versions purchase",
    "versions --json purchase",
    "versions purchase --json",
    "versions --json purchase --json",
]


@pytest.mark.parametrize("line", PLACES)
def test_json_may_stand_anywhere(typed: Typed, champion: str, line: str) -> None:
    assert json.loads(typed(*line.split()).stdout)[0]["version"] == "purchase@1"


def test_json_may_stand_before_and_inside_a_group_of_commands(typed: Typed, champion: str) -> None:
    for line in ("--json keys list", "keys --json list", "keys list --json"):
        assert isinstance(json.loads(typed(*line.split()).stdout), list)


def test_what_follows_two_dashes_is_no_option(typed: Typed, champion: str) -> None:
    result = typed("versions", "--", "--json", exits=1)
    assert result.stderr.startswith("Error: No endpoint of that name")


@pytest.mark.parametrize("name", sorted(EVERY))
def test_wrong_usage_of_every_command_is_a_document(name: str) -> None:
    for words in (["--json", *name.split(), "--nonsense"], [*name.split(), "--nonsense", "--json"]):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 2
        document = json.loads(result.stderr)
        assert document["code"] == "usage"
        assert "--nonsense" in document["detail"]
        assert result.stdout == ""


@pytest.mark.parametrize("line", ["--json fly", "fly --json", "--json keys lend", "keys issue --json"])
def test_a_command_that_there_is_not_is_a_document_too(line: str) -> None:
    result = CliRunner().invoke(main, line.split())
    assert result.exit_code == 2
    assert json.loads(result.stderr)["code"] == "usage"
